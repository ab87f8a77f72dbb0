import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";

setDefaultTimeout(60_000); // each test starts processes

let base = "";
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "homeport-eject-"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const write = async (files: Record<string, string>): Promise<string> => {
  const folder = await mkdtemp(join(base, "project-"));
  for (const [path, text] of Object.entries(files)) await Bun.write(join(folder, path), text);
  return folder;
};

const flask = { "requirements.txt": "flask\ngunicorn\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n" };

test("eject writes the Dockerfile of what it finds, and says why on stderr", async () => {
  const folder = await write(flask);
  const { code, stdout, stderr } = await runCli(["eject", folder]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}/Dockerfile\n${folder}/.dockerignore\n` });
  expect(stderr).toMatch(/^Found flask among the Python dependencies, so this is a Python project/);
  expect(await Bun.file(join(folder, "Dockerfile")).text()).toMatch(
    /^FROM python:\S+ AS build\n[\s\S]*gunicorn[\s\S]*$/,
  );
  expect(await Bun.file(join(folder, ".dockerignore")).text()).toContain(".venv\n");
});

test("without a folder it is this one, and --json is one document", async () => {
  const folder = await write({ "index.html": "<h1>Hi" });
  const { code, stdout } = await runCli(["eject", "--json"], { cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    preset: "static",
    files: ["Dockerfile", ".dockerignore", ".homeport-static-server.ts"],
    explanation: expect.stringMatching(/^Found an index\.html, so this is a static site/),
  });
  expect((await readdir(folder)).sort()).toEqual([
    ".dockerignore",
    ".homeport-static-server.ts",
    "Dockerfile",
    "index.html",
  ]);
});

test("what is asked for comes before what is found", async () => {
  const folder = await write({ ...flask, "package.json": "{}" });
  const { code } = await runCli(["eject", folder, "--preset", "node", "--build", "make", "--start", "node x.js"]);
  expect(code).toBe(0);
  const text = await Bun.file(join(folder, "Dockerfile")).text();
  expect(text).toMatch(/^FROM node:[\s\S]*make[\s\S]*exec node x\.js/);
});

test("nothing is overwritten unless --force says so, and repeating it changes nothing", async () => {
  const folder = await write(flask);
  await runCli(["eject", folder]);
  expect(await runCli(["eject", folder])).toMatchObject({ code: 0, stdout: "" });
  await Bun.write(join(folder, "Dockerfile"), "FROM mine\n");
  const refused = await runCli(["eject", folder]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toBe("Dockerfile would be overwritten. Nothing was written; --force overwrites.\n");
  expect(await Bun.file(join(folder, "Dockerfile")).text()).toBe("FROM mine\n");
  expect(await runCli(["eject", folder, "--force"])).toMatchObject({ code: 0, stdout: `${folder}/Dockerfile\n` });
  expect(await Bun.file(join(folder, "Dockerfile")).text()).toStartWith("FROM python");
});

test("what cannot be built is told, with exit code 1; what cannot be meant, with 2", async () => {
  const folder = await write({ "notes.txt": "" });
  const nothing = await runCli(["eject", folder]);
  expect(nothing.code).toBe(1);
  expect(nothing.stderr).toMatch(/^There is nothing here that Homeport knows how to build\./);
  const unknown = await runCli(["eject", folder, "--preset", "cobol"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/^There is no preset "cobol"\. There are: bun, .*python/);
  expect((await runCli(["eject", join(folder, "nowhere")])).code).toBe(2);
  expect(await readdir(folder)).toEqual(["notes.txt"]);
});

test("its help shows how it is used", async () => {
  const { code, stdout } = await runCli(["eject", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/--force[\s\S]*--json[\s\S]*Examples:[\s\S]*homeport eject \.\/api --preset python/);
});
