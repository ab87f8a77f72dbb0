import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { dockerImages } from "../src/adapters/docker/image-engine.ts";
import type { BuildResult } from "../src/build-spec.ts";
import { denoImage, installDeno } from "./deno.ts";
import type { Outcome } from "./memory-ports.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { answerOfContainer, answerOfProcess } from "./run-built.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";
import { wheelOf } from "./wheel.ts";

setDefaultTimeout(400_000); // virtual environments are made twice, by builds that lose against everything else

let dir = "";
let docker: Docker;
let registry: TestRegistry;
let runner: TestRunner;
let path = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-toolchains-"));
  docker = await sharedDocker();
  const deno = await installDeno(dir);
  await mkdir(join(dir, "bin"));
  await symlink(deno, join(dir, "bin/deno"));
  path = `${join(dir, "bin")}:${process.env.PATH}`;
  await ensureBaseImages(docker.socketPath, ["busybox", "python"]);
  await denoImage(docker.socketPath, deno);
  registry = await startRegistry({ password: "right" });
  const runnerId = `test-${newId().slice(-8)}`;
  const images = dockerImages({ dockerHost: docker.host, runnerId, memoryBytes: 1024 * 1024 * 1024 });
  runner = await startTestRunner({ registry: registry.host, images, config: { searchPath: path } });
});
afterAll(async () => {
  await runner.stop();
  await registry.stop();
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

const resultOf = (outcome: Outcome): BuildResult => {
  if (outcome.state === "succeeded") return outcome.result;
  throw new Error(`${JSON.stringify(outcome)}\n${runner.texts().join("\n")}`);
};

const pythonServer = `
import os, greeting
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(greeting.hello(os.getcwd()).encode())
    def log_message(self, *_):
        pass

HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
`;

test("a Python app with a dependency is built and answers, as a process and in a container", async () => {
  const wheel = await wheelOf(
    "greeting",
    "def hello(where): return 'hello from ' + where\ndef serve(): import main",
    "serve",
  );
  const files = { "main.py": pythonServer, "requirements.txt": `./${wheel.name}\n`, [wheel.name]: wheel.bytes };
  const source = await runner.upload(files);
  const asProcess = resultOf(await runner.build({ source, output: "process" }));
  expect(asProcess.preset).toBe("python");
  expect(asProcess.explanation).toMatch(
    /^Found requirements\.txt, so this is a Python project: .* starts with the file main\.py\./,
  );
  expect(await answerOfProcess(registry, asProcess, { PATH: path, dir })).toMatch(/^hello from \//);
  // A program of the virtual environment is found by its name, where the environment was made.
  const asContainer = resultOf(await runner.build({ source, output: "container", startCommand: "PYTHONPATH=. serve" }));
  expect(await answerOfContainer(docker, registry, asContainer)).toBe("hello from /app");
});

test("a Deno app is built and answers, as a process and in a container", async () => {
  const files = {
    "deno.json": '{ "tasks": { "build": "deno run --allow-write build.ts" } }',
    "build.ts": 'Deno.writeTextFileSync("made.txt", "made")',
    "main.ts":
      'const made: string = Deno.readTextFileSync("made.txt"); Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "0.0.0.0" }, () => new Response(`deno ${made}`));',
  };
  const source = await runner.upload(files);
  const asProcess = resultOf(await runner.build({ source, output: "process" }));
  expect(asProcess.preset).toBe("deno");
  expect(await answerOfProcess(registry, asProcess, { PATH: path, dir })).toBe("deno made");
  const asContainer = resultOf(await runner.build({ source, output: "container" }));
  expect(await answerOfContainer(docker, registry, asContainer)).toBe("deno made");
});

test("a toolchain that the machine has not is named, before anything runs", async () => {
  const source = await runner.upload({ "composer.json": "{}", "index.php": "<?php" });
  const found = ["php", "composer"].every((name) => Bun.which(name, { PATH: "/usr/local/bin:/usr/bin:/bin" }));
  const outcome = await runner.build({ source, output: "process" });
  expect(outcome.state).toBe(found ? "succeeded" : "failed");
  if (outcome.state === "failed") {
    expect(outcome.reason).toMatchObject({ code: "toolchain_missing" });
    expect(outcome.reason.message).toMatch(/^This build needs (php|composer), and the machine/);
  }
});
