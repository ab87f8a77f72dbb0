import { expect, test } from "bun:test";
import { needsBuildKit } from "./dockerfile-needs.ts";

const rows: [string, boolean][] = [
  ["FROM node\nRUN npm ci\nCOPY --from=build --chown=1:1 /a /b\nADD x y", false],
  ["FROM node\nRUN echo '--mount'", false],
  ["# syntax=docker/dockerfile:1\nFROM node", true],
  ["FROM node\nRUN --mount=type=cache,target=/cache/npm npm ci", true],
  ["FROM node\nRUN \\\n  --mount=type=cache,target=/x \\\n  npm ci", true],
  ["FROM node\nrun --network=none x", true],
  ["FROM node\nCOPY --from=x --link a b", true],
  ["FROM node\nCOPY --chmod=755 a b", true],
  ["FROM node\nRUN <<EOF\necho\nEOF", true],
  ["FROM node\nCOPY <<'EOF' /x\nEOF", true],
  ["FROM --platform=$BUILDPLATFORM node", true],
  ["FROM node\nRUN echo ${TARGETARCH}", true],
  ["FROM node\nRUN cat < file", false],
];
for (const [text, needed] of rows) {
  test(`${JSON.stringify(text.slice(0, 60))} ${needed ? "needs" : "does not need"} BuildKit`, () =>
    expect(needsBuildKit(text)).toBe(needed));
}
