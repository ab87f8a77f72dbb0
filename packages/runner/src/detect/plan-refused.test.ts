import { expect, test } from "bun:test";
import { project } from "../../test/project.ts";
import { BuildFailure } from "../build-failure.ts";
import { planBuild, type Wishes } from "./plan-build.ts";
import type { Project } from "./project.ts";

const failures: { name: string; project: Project; wishes?: Wishes; code: string; says: RegExp }[] = [
  {
    name: "nothing",
    project: project(["main.zig", "build.zig"]),
    code: "nothing_detected",
    says: /a Dockerfile; .*package\.json.*index\.html/,
  },
  {
    name: "no way to start",
    project: project([], { dependencies: { a: "1", b: "1" } }),
    code: "start_command_missing",
    says: /"scripts": \{ "start"/,
  },
  {
    name: "a Dockerfile that was asked for and is not there",
    project: project(["index.html"]),
    wishes: { preset: "dockerfile" },
    code: "dockerfile_missing",
    says: /has none/,
  },
  {
    name: "a static site without a page",
    project: project(["a.txt"]),
    wishes: { preset: "static" },
    code: "nothing_detected",
    says: /index\.html/,
  },
  {
    name: "a main that leads out",
    project: project(["server.txt"], { main: "../../etc/x.js", scripts: { build: "x" } }),
    code: "start_command_missing",
    says: /start command/,
  },
  {
    name: "a main that is an option",
    project: project([], { main: "--eval=1", scripts: { build: "x" } }),
    code: "start_command_missing",
    says: /start command/,
  },
];

for (const { name, project: found, wishes, code, says } of failures) {
  test(`${name} is ${code}`, () => {
    let reason: BuildFailure["reason"] | undefined;
    try {
      planBuild(found, wishes ?? {});
    } catch (err) {
      if (err instanceof BuildFailure) reason = err.reason;
    }
    expect(reason?.code).toBe(code as "nothing_detected");
    expect(reason?.message).toMatch(says);
  });
}
