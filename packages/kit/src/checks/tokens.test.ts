import { expect, test } from "bun:test";
import { join } from "node:path";
import { importsOf } from "./imports.ts";
import { tokenize } from "./tokens.ts";

const namesIn = (source: string): string[] =>
  tokenize(source, true)
    .filter(({ kind }) => kind === "name")
    .map(({ text }) => text);

const cases: { name: string; source: string; names: string[] }[] = [
  { name: "code", source: "const a = b.c;", names: ["const", "a", "b", "c"] },
  { name: "comments", source: "a; // b\n/* c\n*/ d", names: ["a", "d"] },
  { name: "strings", source: `a("b \\" c", 'd'); e`, names: ["a", "e"] },
  { name: "templates with code inside", source: "a(`b ${c(`d ${e}`)} f`); g", names: ["a", "c", "e", "g"] },
  { name: "objects inside of templates", source: "`${f({ a: 1 })} b`; c", names: ["f", "a", "c"] },
  { name: "regular expressions", source: `x = /"\\/[/'\`]b/g.test(c); d`, names: ["x", "test", "c", "d"] },
  { name: "divisions", source: "a / b; c /d", names: ["a", "b", "c", "d"] },
  { name: "a regular expression after return", source: "return /'/; a", names: ["return", "a"] },
  { name: "text of elements", source: "<p a={b}>don't `c` // d {e} /* f */</p>; g", names: ["p", "a", "b", "e", "g"] },
  { name: "elements inside elements", source: "(<A><b.c d='e\n' /></A>) / f", names: ["A", "b.c", "d", "f"] },
  { name: "fragments", source: "x = <>it's {y}</>; z", names: ["x", "y", "z"] },
  { name: "generic functions", source: "a = <T,>(b: T) => b < c; d", names: ["a", "T", "b", "T", "b", "c", "d"] },
  {
    name: "generic types",
    source: "let a: Map<B, C<D>> = e; 'f'; g",
    names: ["let", "a", "Map", "B", "C", "D", "e", "g"],
  },
  { name: "attributes with functions", source: "<a b={() => `'${c}`}>'</a>; d", names: ["a", "b", "c", "d"] },
];

for (const { name, source, names } of cases) {
  test(`names are found in ${name}, and only in code`, () => expect(namesIn(source)).toEqual(names));
}

test("a token knows its line, also after templates and comments of several lines", () => {
  const tokens = tokenize("a\n/*\n*/ `b\n${c}\n`\nd", false);
  expect(tokens.map(({ text, line }) => [text, line])).toEqual([
    ["a", 1],
    ["b\n", 3],
    ["{", 4],
    ["c", 4],
    ["}", 4],
    ["\n", 4],
    ["d", 6],
  ]);
});

test("imports are those that Bun's own parser finds, in every file of kit and ui", async () => {
  const packages = join(import.meta.dir, "../../..");
  const files = [...new Bun.Glob("{kit,ui}/src/**/*.{ts,tsx}").scanSync({ cwd: packages })];
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const source = await Bun.file(join(packages, file)).text();
    const loader = file.endsWith("x") ? "tsx" : "ts";
    const found = importsOf(tokenize(source, loader === "tsx")).filter(({ typeOnly }) => !typeOnly);
    const scanned = new Bun.Transpiler({ loader }).scanImports(source).map(({ path }) => path);
    const wanted = scanned.filter((path) => !["react", "react/jsx-dev-runtime"].includes(path)); // JSX adds these
    const specifiers = new Set(found.map(({ specifier }) => specifier));
    expect({ file, missing: wanted.filter((path) => !specifiers.has(path)) }).toEqual({ file, missing: [] });
  }
});
