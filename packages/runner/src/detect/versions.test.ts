import { expect, test } from "bun:test";
import { project } from "../../test/project.ts";
import type { Versions } from "./preset.ts";
import { chooseVersion } from "./versions.ts";

const versionsFor = (as: Versions["pins"][number]["as"]): Versions => ({
  of: "X",
  lines: ["3.14", "3.13", "3.12", "3.11"],
  usual: "3.13",
  parts: [2, 3],
  pins: [{ from: { text: "pin", matches: /^([\s\S]*)$/ }, as, where: "pin" }],
});

const rows: [as: Versions["pins"][number]["as"], asked: string, version: string, isKnown: boolean][] = [
  ["exactly", "3.12", "3.12", true],
  ["exactly", "3.12.4", "3.12.4", true],
  ["exactly", "3.9.1", "3.9.1", true],
  ["exactly", "3", "3.14", true],
  ["exactly", "4", "3.13", false],
  ["exactly", "3.12-rc1", "3.13", false],
  ["exactly", "3.12@evil", "3.13", false],
  ["exactly", "99999999.1", "3.13", false],
  ["at-least", "3.11", "3.13", true],
  ["at-least", "3.20", "3.20", true],
  ["npm", "^3.12", "3.13", true],
  ["npm", "~3.12.3", "3.12", true],
  ["npm", "<3.13", "3.12", true],
  ["npm", ">=4", "4.0", false],
  ["python", ">=3.11,<3.13", "3.12", true],
  ["python", "==3.11.*", "3.11", true],
  ["python", "~=3.12", "3.13", true],
  ["python", "~=3.12.1", "3.12", true],
  ["python", ">=3.11,!=3.13.0", "3.13", true],
  ["ruby", "~> 3.12.0", "3.12", true],
  ["composer", "^2.1|3.11.*", "3.11", true],
];
for (const [as, asked, version, isKnown] of rows) {
  test(`${asked} (${as}) is ${version}`, () => {
    const chosen = chooseVersion(versionsFor(as), project([], undefined, null, { pin: asked }));
    expect(chosen).toMatchObject(isKnown ? { version, isKnown } : { version: "3.13", isKnown });
    expect(chosen.asked).toStartWith("pin asks for X ");
  });
}

test("nobody asking is the usual version, without a word", () => {
  expect(chooseVersion(versionsFor("npm"), project([]))).toEqual({ version: "3.13", asked: null, isKnown: true });
});

test("whatever is asked for, what comes of it is a tag", () => {
  for (const asked of [
    "",
    " ",
    ">",
    "||",
    "3".repeat(5000),
    "latest",
    "${X}",
    ">=3.11 && rm -rf",
    "\0",
    "-1",
    "3..1",
    "*",
  ]) {
    for (const as of ["exactly", "at-least", "npm", "python", "ruby", "composer"] as const) {
      expect(chooseVersion(versionsFor(as), project([], undefined, null, { pin: asked })).version).toMatch(
        /^\d+\.\d+(\.\d+)?$/,
      );
    }
  }
});
