import { describe, expect, test } from "bun:test";
import { nameByContent } from "./content-names.ts";

const sha = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);

describe("nameByContent", () => {
  test("a file that imports nothing is named by the SHA-256 of its bytes", () => {
    const { names } = nameByContent([{ name: "a-bundler1.js", text: "export const a=1" }]);
    expect(names.get("a-bundler1.js")).toBe(`a-${sha("export const a=1")}.js`);
  });

  test("an importing file is rewritten to the new name and named by its rewritten bytes", () => {
    const { names, files } = nameByContent([
      { name: "entry-x1.js", text: 'import{a}from"./chunk-x2.js";a()' },
      { name: "chunk-x2.js", text: "export const a=1" },
    ]);
    const chunk = `chunk-${sha("export const a=1")}.js`;
    const text = `import{a}from"./${chunk}";a()`;
    expect(files.find((file) => file.name.startsWith("entry"))).toEqual({ name: `entry-${sha(text)}.js`, text });
    expect(names.get("chunk-x2.js")).toBe(chunk);
  });

  test("the bundler's own names leave no trace in the result", () => {
    const build = (salt: string) =>
      nameByContent([
        { name: `entry-${salt}1.js`, text: `import"./chunk-${salt}2.js";import("./lazy-${salt}3.js")` },
        { name: `chunk-${salt}2.js`, text: "export const a=1" },
        { name: `lazy-${salt}3.js`, text: `import{a}from"./chunk-${salt}2.js";a()` },
      ]).files;
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    expect(build("one").sort(byName)).toEqual(build("two").sort(byName));
  });

  test("a change in an imported file changes the name of whoever imports it", () => {
    const build = (value: number) =>
      nameByContent([
        { name: "entry-1.js", text: 'import"./chunk-2.js"' },
        { name: "chunk-2.js", text: `export const a=${value}` },
      ]).names.get("entry-1.js");
    expect(build(1)).not.toBe(build(2));
  });

  test("files that import each other in a circle get names that only depend on their content", () => {
    const build = (salt: string) =>
      nameByContent([
        { name: `shared-${salt}.js`, text: `export const open=()=>import("./palette-${salt}.js")` },
        { name: `palette-${salt}.js`, text: `import{open}from"./shared-${salt}.js";open` },
      ]);
    const { files, names } = build("q1");
    expect(names.get("shared-q1.js")).toBe(build("zz").names.get("shared-zz.js"));
    expect(files.map((file) => file.text).join()).toContain(`./${names.get("palette-q1.js")}`);
    expect(files.map((file) => file.text).join()).toContain(`./${names.get("shared-q1.js")}`);
  });

  test("text that only looks like a file of another build is left alone", () => {
    const { files } = nameByContent([{ name: "a-1.js", text: 'const note="./other-9.js"' }]);
    expect(files[0]?.text).toBe('const note="./other-9.js"');
  });
});
