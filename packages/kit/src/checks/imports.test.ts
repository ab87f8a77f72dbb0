import { expect, test } from "bun:test";
import { importsOf } from "./imports.ts";
import { tokenize } from "./tokens.ts";

const cases: { name: string; source: string; is: "loaded" | "later" | "erased" | "none" }[] = [
  { name: "a named import", source: `import { a } from "x";`, is: "loaded" },
  { name: "a default and named import", source: `import a, { type B } from "x";`, is: "loaded" },
  { name: "an import for its effect", source: `import "x";`, is: "loaded" },
  { name: "a mixed import", source: `import { type A, b } from "x";`, is: "loaded" },
  { name: "an import of something named type", source: `import { type } from "x";`, is: "loaded" },
  { name: "an import without semicolon", source: `import a from "."\nimport b from "x"`, is: "loaded" },
  { name: "a re-export", source: `export { a } from "x";`, is: "loaded" },
  { name: "a re-export of everything", source: `export * as a from "x";`, is: "loaded" },
  { name: "a call of import", source: `const a = await import("x");`, is: "later" },
  { name: "a call of require", source: `const a = require("x");`, is: "later" },
  { name: "a type import", source: `import type { A } from "x";`, is: "erased" },
  { name: "an import of types only", source: `import { type A, type B } from "x";`, is: "erased" },
  { name: "a re-export of types", source: `export type { A } from "x";`, is: "erased" },
  { name: "the type of a module", source: `type A = typeof import("x");`, is: "erased" },
  { name: "an export of own names", source: `export { a }; const b = "x";`, is: "none" },
  { name: "a method named import", source: `a.import("x");`, is: "none" },
  { name: "a comment", source: `// import { a } from "x";`, is: "none" },
  { name: "a string", source: 'const a = `import { a } from "x";`;', is: "none" },
];

for (const { name, source, is } of cases) {
  test(`${name} is ${is === "none" ? "no import" : is}`, () => {
    const found = importsOf(tokenize(source, false)).find(({ specifier }) => specifier === "x");
    const kind = found === undefined ? "none" : found.typeOnly ? "erased" : found.dynamic ? "later" : "loaded";
    expect(kind).toBe(is);
  });
}
