import { afterAll, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "@homeport/kit/local/daemon.ts";
import { startLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { startLocalValkey } from "@homeport/kit/local/valkey.ts";
import { pathsOf } from "../src/paths.ts";
import { writeStartedWith } from "../src/started-with.ts";
import { up } from "./up.ts";

const root = mkdtempSync(join(tmpdir(), "hp-stop-"));
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true }));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(root, "data-"));
});

test("a folder without an installation is refused and stays as it is", async () => {
  writeFileSync(join(dataDir, "letter.txt"), "not yours");
  const { code, stdout, stderr } = await up("--stop", "--data", dataDir);
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `There is no Homeport in ${dataDir}.\n` });
  expect(readdirSync(dataDir)).toEqual(["letter.txt"]);
});

test("a folder that is not there is refused", async () => {
  const { code, stderr } = await up("--stop", "--data", join(root, "typo"));
  expect({ code, stderr }).toEqual({ code: 1, stderr: `There is no Homeport in ${join(root, "typo")}.\n` });
});

test("servers that a killed supervisor left behind are ended, although the Docker of the workloads does not answer", async () => {
  writeStartedWith(pathsOf(dataDir).startedWithFile, {
    engine: "docker",
    port: 4444,
    dockerHost: `unix://${dataDir}/no-docker.sock`,
  });
  const [postgres, valkey] = await Promise.all([startLocalPostgres({ dataDir }), startLocalValkey({ dataDir })]);
  const { code, stderr } = await up("--stop", "--data", dataDir);
  expect(stderr).toStartWith("Homeport has stopped, but its workloads may still run.");
  expect(code).toBe(1);
  expect(isAlive(postgres.pid, /^postgres/)).toBe(false);
  expect(isAlive(valkey.pid!, /^(redis|valkey)-server/)).toBe(false);
});

test("workloads are looked for on the Docker engine that the platform was started with", async () => {
  const asked: string[] = [];
  const socket = join(dataDir, "docker.sock");
  const docker = Bun.serve({
    unix: socket,
    fetch: (request) => {
      asked.push(new URL(request.url).pathname);
      return new Response("no", { status: 500 });
    },
  });
  writeStartedWith(pathsOf(dataDir).startedWithFile, { engine: "docker", port: 4444, dockerHost: `unix://${socket}` });
  expect((await up("--stop", "--data", dataDir)).code).toBe(1);
  await docker.stop(true);
  expect(asked).not.toEqual([]);
});

test("with nothing running, stopping is no error", async () => {
  writeStartedWith(pathsOf(dataDir).startedWithFile, { engine: "process", port: 4444 });
  mkdirSync(join(dataDir, "postgres"));
  expect(await up("--stop", "--keep-workloads", "--data", dataDir)).toMatchObject({
    code: 0,
    stdout: "Homeport has stopped; the workloads go on.\n",
  });
});
