import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { projectFolder, readProject, webLineOf } from "./project.ts";

let dir = "";
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-project-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const write = async (files: Record<string, string>) => {
  const root = join(dir, String(++count));
  await mkdir(root);
  for (const [path, text] of Object.entries(files)) await Bun.write(join(root, path), text);
  return root;
};

const codeOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  return err instanceof BuildFailure ? `${err.reason.code}: ${err.reason.message}` : err;
};

test("a project is its files, its package.json and its Procfile", async () => {
  const root = await write({
    "package.json": '\uFEFF{"main": "./lib/x.js", "scripts": {"start": "node ."}}',
    "lib/x.js": "",
    "lib/y.js": "",
    Procfile: "worker: no\nweb:  bun start  \n",
    "dist/index.html": "",
  });
  const project = await readProject(root);
  expect([...project.files].sort()).toEqual(["Procfile", "dist/index.html", "lib/x.js", "package.json"]);
  expect(project.packageJson?.scripts).toEqual({ start: "node ." });
  expect(project.procfileWeb).toBe("bun start");
});

test("files that are links out of the source are not there", async () => {
  const root = await write({ "a.txt": "" });
  await symlink("/etc/passwd", join(root, "package.json"));
  await symlink("/etc/hostname", join(root, "Procfile"));
  await symlink("/etc", join(root, "dist"));
  expect(await readProject(root)).toEqual({
    files: new Set(["a.txt"]),
    texts: new Map(),
    packageJson: null,
    procfileWeb: null,
  });
});

const broken: [string, string, RegExp][] = [
  ["no JSON", "{", /not valid JSON/],
  ["no object", "[]", /package\.json/],
  ["scripts that are a text", '{"scripts": "x"}', /scripts/],
  ["a script that is a number", '{"scripts": {"start": 1}}', /scripts\.start/],
];
for (const [name, text, says] of broken) {
  test(`a package.json with ${name} is a clear error`, async () => {
    const root = await write({ "package.json": text });
    expect(await codeOf(readProject(root))).toMatch(new RegExp(`^package_json_invalid: .*${says.source}`));
  });
}

test("a package.json that is too large is refused", async () => {
  const root = await write({ "package.json": `{"x": "${"y".repeat(1100 * 1024)}"}` });
  expect(await codeOf(readProject(root))).toStartWith("source_invalid");
});

test("a web line that is too long is refused", async () => {
  const root = await write({ Procfile: `web: ${"x".repeat(4001)}` });
  expect(await codeOf(readProject(root))).toStartWith("source_invalid");
});

test("the folder to build is inside the source", async () => {
  const root = await write({ "web/app/x": "", "file.txt": "" });
  await symlink("/etc", join(root, "out"));
  await symlink("web", join(root, "in"));
  expect(await projectFolder(root, "")).toBe(root);
  expect(await projectFolder(root, "web/app")).toBe(join(root, "web/app"));
  expect(await projectFolder(root, "in/app")).toBe(join(root, "web/app"));
  for (const missing of ["nope", "file.txt", "out"]) {
    expect(await codeOf(projectFolder(root, missing))).toBe(
      `root_directory_missing: The source has no folder "${missing}".`,
    );
  }
});

const lines: [string, string | null][] = [
  ["web: node x", "node x"],
  ["web:node x\r\n", "node x"],
  ["release: a\nweb : b\n", "b"],
  ["worker: x", null],
  ["webby: x", null],
  ["web:", null],
];
for (const [text, command] of lines)
  test(`the web line of ${JSON.stringify(text)}`, () => expect(webLineOf(text)).toBe(command));
