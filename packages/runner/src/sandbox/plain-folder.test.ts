import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, type GitServer, startGitServer } from "../../test/git-server.ts";
import { memoryLog, testJob } from "../../test/memory-ports.ts";
import { openJobLog } from "../service/job-log.ts";
import { fetchRepository } from "../source/git-source.ts";
import { openPlainFolder } from "./plain-folder.ts";

const never = new AbortController().signal;
let dir = "";
let server: GitServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-plain-"));
  const repository = await createRepository(dir, "shop.git");
  await repository.commit({ "a.txt": "one" }, "First");
  await repository.push();
  server = await startGitServer(dir);
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test("a repository can be fetched without a sandbox", async () => {
  const jobDir = join(dir, "job");
  const sandbox = await openPlainFolder(jobDir);
  const log = openJobLog(memoryLog().log, testJob(), { maxBytes: 1e6 }, never);
  const limits = { maxRepositoryBytes: 1e8, maxEntries: 1000, fetchTimeoutMs: 30_000 };
  const options = { sandbox, jobDir, limits, egress: { allowPrivateHosts: true }, log };
  const { commitMessage } = await fetchRepository({ url: `${server.url}/shop.git` }, options, never);
  expect(commitMessage).toBe("First");
  expect(await Bun.file(join(jobDir, "app/a.txt")).text()).toBe("one");
  await log.close();
});
