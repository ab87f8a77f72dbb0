import { expect, test } from "bun:test";
import { project } from "../../test/project.ts";
import { planBuild } from "./plan-build.ts";
import type { Project } from "./project.ts";

const start = { start: "node server.js" };

const installFrom = (found: Project) => {
  const plan = planBuild(found, {});
  return plan.preset === "dockerfile" ? null : plan.work?.installFrom;
};

test("dependencies that need only their lists can be installed before the code is there", () => {
  const found = project(["bun.lock", "bunfig.toml", "index.ts"], { dependencies: { hono: "4" }, scripts: start });
  expect(installFrom(found)).toEqual(["package.json", "bun.lock", "bunfig.toml"]);
});

const needsCode: [string, Project][] = [
  ["workspaces", project([], { workspaces: ["packages/*"], scripts: start })],
  ["a script that installing runs", project([], { scripts: { ...start, postinstall: "node x" } })],
  ["a package from a folder", project([], { dependencies: { a: "file:./a" }, scripts: start })],
  ["a package by its path", project([], { dependencies: { a: "../a" }, scripts: start })],
  ["a linked development package", project([], { devDependencies: { a: "workspace:*" }, scripts: start })],
  ["patches", project([], { patchedDependencies: { a: "patches/a" }, scripts: start })],
  ["Yarn's own folder", project(["yarn.lock", ".yarnrc.yml"], { scripts: start })],
];
for (const [name, found] of needsCode) {
  test(`${name} need the code first`, () => expect(installFrom(found)).toBeNull());
}
