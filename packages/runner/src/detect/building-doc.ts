import { join } from "node:path";
import type { Preset, Proof } from "./preset.ts";
import { PRESETS } from "./presets/all.ts";

/** The page of the documentation that presets are listed on; between these marks it is made from their data. */
export const BUILDING_PAGE = join(import.meta.dir, "../../../../references/building.md");
const MARKS = ["<!-- presets: made by packages/runner/src/detect/building-doc.ts -->", "<!-- /presets -->"] as const;

/** The page with its lists as the data has them now. @throws {Error} when the marks are gone */
export const withPresets = (page: string): string => {
  const [start, end] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  if (start < 0 || end < start) throw new Error("references/building.md has lost the marks around its presets.");
  return `${page.slice(0, start + MARKS[0].length)}\n\n${table()}\n\n${order()}\n\n${page.slice(end)}`;
};

const table = (): string =>
  [
    "| preset | recognised by | package managers | images (build, run) | version from |",
    "| ------ | ------------- | ---------------- | ------------------- | ------------ |",
    ...PRESETS.map(row),
  ].join("\n");

const row = (preset: Preset): string => {
  const cells = [`\`${preset.name}\``, preset.recognises];
  switch (preset.kind) {
    case "dockerfile":
      return line([...cells, "", "its own", "its own"]);
    case "site":
      return line([...cells, `those of ${preset.builtWith.join(" and ")}`, `\`${preset.image}\``, ""]);
    case "service": {
      const { images, versions, managers } = preset;
      const names = managers.map(({ name }) => name).join(", ");
      const shown = [...new Set([images.build, images.run])].map(
        (image) => `\`${image.replace("{version}", versions.usual)}\``,
      );
      return line([...cells, names, shown.join(", "), versions.pins.map(({ where }) => where).join(", ")]);
    }
  }
};

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const proofsOf = (preset: Preset): readonly Proof[] =>
  preset.kind === "service" ? [...preset.proofs, ...preset.managers.flatMap(({ proofs }) => proofs)] : preset.proofs;

/** Proofs of all presets, the strongest first. */
const order = (): string => {
  const proofs = PRESETS.flatMap((preset) => proofsOf(preset).map((proof) => ({ proof, name: preset.name })));
  const lines = proofs
    .sort((a, b) => b.proof.priority - a.proof.priority)
    .map(({ proof, name }) => `1. ${proof.says.replaceAll("{value}", valuesOf(proof))} → \`${name}\``);
  return [...new Set(lines)].join("\n");
};

/** What the value of a proof may be, as far as it is known beforehand. */
const valuesOf = ({ any, all = [] }: Proof): string => {
  const names = (any ?? all).flatMap((fact) =>
    "file" in fact ? [fact.file] : "dependency" in fact ? [fact.dependency] : [],
  );
  return names.length === 0 ? "…" : names.join(" or ");
};

if (import.meta.main) await Bun.write(BUILDING_PAGE, withPresets(await Bun.file(BUILDING_PAGE).text()));
