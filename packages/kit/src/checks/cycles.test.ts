import { expect, test } from "bun:test";
import { checkCycles } from "./cycles.ts";
import { graphOf } from "./graph.ts";
import { treeOf } from "./tree.ts";

const check = (files: Record<string, string>) =>
  checkCycles(
    graphOf(treeOf("/", Object.fromEntries(Object.entries(files).map(([name, text]) => [`packages/${name}`, text])))),
  );

test("two files that load each other are a cycle", () => {
  const violations = check({ "a.ts": '\nimport "./b.ts";', "b.ts": 'export { x } from "./a";' });
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatchObject({
    rule: "import-cycles",
    file: "packages/a.ts",
    line: 2,
    problem: "packages/a.ts -> packages/b.ts -> packages/a.ts.",
  });
});

test("a long cycle is shown by its shortest way round", () => {
  const violations = check({
    "a.ts": 'import "./b.ts";',
    "b.ts": 'import "./c.ts"; import "./d.ts";',
    "c.ts": 'import "./d.ts";',
    "d.ts": 'import "./a.ts";',
  });
  expect(violations.map(({ problem }) => problem)).toEqual([
    "packages/a.ts -> packages/b.ts -> packages/d.ts -> packages/a.ts.",
  ]);
});

test("a cycle across packages is found", () => {
  const json = (name: string) => JSON.stringify({ name, exports: { "./*": "./src/*" } });
  const violations = check({
    "kit/package.json": json("@homeport/kit"),
    "kit/src/a.ts": 'import "@homeport/ui/b.ts";',
    "ui/package.json": json("@homeport/ui"),
    "ui/src/b.ts": 'import "@homeport/kit/a.ts";',
  });
  expect(violations).toHaveLength(1);
});

test("a file that loads itself is a cycle", () => expect(check({ "a.ts": 'import "./a.ts";' })).toHaveLength(1));

test("two separate cycles are two violations", () => {
  const files = {
    "a.ts": 'import "./b.ts";',
    "b.ts": 'import "./a.ts";',
    "c.ts": 'import "./d.ts";',
    "d.ts": 'import "./c.ts";',
  };
  expect(check(files)).toHaveLength(2);
});

test("types and imports of later make no cycle", () => {
  expect(check({ "a.ts": 'import "./b.ts";', "b.ts": 'import type { A } from "./a.ts";' })).toEqual([]);
  expect(check({ "a.ts": 'import "./b.ts";', "b.ts": 'const a = () => import("./a.ts");' })).toEqual([]);
});

test("two ways to one file make no cycle", () => {
  expect(check({ "a.ts": 'import "./b.ts"; import "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": "" })).toEqual([]);
});
