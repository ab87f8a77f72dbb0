import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { openSandbox } from "../src/sandbox/sandbox.ts";
import { findToolchain } from "../src/sandbox/toolchain.ts";
import { openJobLog } from "../src/service/job-log.ts";
import { memoryLog, testJob } from "./memory-ports.ts";

/** The folder of a job, its sandbox and its log, without a runner around it. */
export const openTestWorkspace = async ({ maxFileBytes = 1e9 } = {}) => {
  const dataDir = await mkdtemp(join(tmpdir(), "homeport-runner-"));
  const jobDir = join(dataDir, "runner", newId());
  await mkdir(jobDir, { recursive: true, mode: 0o700 });
  const sandbox = await openSandbox({
    jobDir,
    cacheRoot: join(dataDir, "runner/cache"),
    dataDir,
    organisationId: newId(),
    toolchain: findToolchain(process.env.PATH ?? ""),
    limits: { maxFileBytes, maxProcesses: 1000 },
    env: {},
  });
  const memory = memoryLog();
  const log = openJobLog(memory.log, testJob(), { maxBytes: 1e7, flushMs: 1 }, new AbortController().signal);
  return {
    dataDir,
    jobDir,
    sandbox,
    log,
    memory,
    texts: memory.texts,
    /** Sends what is left of the log and removes the folder. */
    async remove() {
      await log.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
