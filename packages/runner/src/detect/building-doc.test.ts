import { expect, test } from "bun:test";
import { BUILDING_PAGE, withPresets } from "./building-doc.ts";

test("references/building.md lists the presets as they are (bun packages/runner/src/detect/building-doc.ts writes it)", async () => {
  const page = await Bun.file(BUILDING_PAGE).text();
  expect(withPresets(page)).toBe(page);
});
