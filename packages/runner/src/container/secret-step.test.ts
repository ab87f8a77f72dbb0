import { expect, test } from "bun:test";
import { runStep } from "./secret-step.ts";

const step = { argv: ["npm", "ci"], shown: "npm ci" };

test("a step without secrets is its command", () => {
  expect(runStep(step, [])).toBe('RUN ["npm","ci"]');
});

test("a step with secrets mounts each of them, and names no value", () => {
  const text = runStep(step, ["NPM_TOKEN", "OTHER"]);
  expect(text).toStartWith(
    "RUN --mount=type=secret,id=NPM_TOKEN,required=true --mount=type=secret,id=OTHER,required=true [",
  );
  const argv = JSON.parse(text.slice(text.indexOf("["))) as string[];
  expect(argv.slice(3)).toEqual(["sh", "npm", "ci"]);
  expect(argv[2]).toContain('export NPM_TOKEN="$(cat /run/secrets/NPM_TOKEN)"');
});
