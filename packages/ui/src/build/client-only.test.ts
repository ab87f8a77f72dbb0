import { describe, expect, test } from "bun:test";
import { isShared, refusalOf } from "./client-only.ts";

const importer = "/repo/packages/apps/shop/src/pages/editor.client.tsx";

const cases: { name: string; specifier: string; refused: boolean }[] = [
  { name: "a relative component", specifier: "./row.tsx", refused: false },
  { name: "a noun of the app", specifier: "../deployment.ts", refused: false },
  { name: "the contract", specifier: "../contract.ts", refused: false },
  { name: "our components", specifier: "@homeport/ui", refused: false },
  { name: "a browser library", specifier: "uplot", refused: false },
  { name: "a package whose name starts like a refused one", specifier: "pinocchio", refused: false },
  { name: "Bun", specifier: "bun", refused: true },
  { name: "a module of Bun", specifier: "bun:sqlite", refused: true },
  { name: "a module of Node", specifier: "node:fs/promises", refused: true },
  { name: "a module of Node without the prefix", specifier: "crypto", refused: true },
  { name: "a server module", specifier: "./render.server.tsx", refused: true },
  { name: "a server module without its extension", specifier: "./render.server", refused: true },
  { name: "a page", specifier: "./releases.page.tsx", refused: true },
  { name: "a service", specifier: "../service/start-deployment.ts", refused: true },
  { name: "a store", specifier: "../store/deployments.ts", refused: true },
  { name: "an adapter", specifier: "../adapters/docker.ts", refused: true },
  { name: "the database driver", specifier: "postgres", refused: true },
  { name: "the server's half of React", specifier: "react-dom/server", refused: true },
  { name: "rendering", specifier: "@homeport/ui/page", refused: true },
];

describe("refusalOf", () => {
  for (const { name, specifier, refused } of cases) {
    test(`${name} is ${refused ? "refused, with both names" : "allowed"}`, () => {
      const refusal = refusalOf(specifier, importer);
      if (!refused) return expect(refusal).toBeNull();
      expect(refusal).toContain(importer);
      expect(refusal).toContain(specifier);
    });
  }
});

test("React and the parts of Base UI are shared, other packages are not", () => {
  expect(["react", "react-dom/client", "@base-ui/react/dialog"].every(isShared)).toBe(true);
  expect(["anser", "lucide-react/icons/x", "@base-ui/utils/x", "reactive"].some(isShared)).toBe(false);
});
