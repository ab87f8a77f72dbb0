import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { log as runnerLog } from "../log.ts";
import type { ControlGroup } from "../sandbox/control-group.ts";
import { openPlainFolder } from "../sandbox/plain-folder.ts";
import { checkSandbox, openSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import type { Toolchain } from "../sandbox/toolchain.ts";
import type { Limits } from "./limits.ts";

export type PlaceParts = {
  dataDir: string;
  toolchain: Toolchain;
  /** Settings of package managers that this machine needs to reach its registries. */
  env: Readonly<Record<string, string>>;
  limits: Limits;
  /** What all builds of this machine are held to together; null where it has no control groups. */
  group?: ControlGroup | null;
};

/**
 * Where the source of a job goes. A build on this machine needs a sandbox; for everything else it is a second wall around
 * git, and not every machine has it.
 *
 * @throws {BuildFailure} sandbox_unavailable
 */
export const openPlace = async (
  { limits, dataDir, toolchain, env, group }: PlaceParts,
  job: { jobDir: string; organisationId: string; needsSandbox: boolean },
  signal: AbortSignal,
): Promise<Sandbox> => {
  const { jobDir, organisationId, needsSandbox } = job;
  const sandbox = await openSandbox({
    jobDir,
    cacheRoot: join(dataDir, "runner/cache"),
    dataDir,
    organisationId,
    toolchain,
    limits: { maxFileBytes: limits.maxFileBytes, maxProcesses: limits.maxProcesses },
    env,
    group: group ?? null,
  });
  try {
    await checkSandbox(sandbox, signal);
    return sandbox;
  } catch (err) {
    const missing = err instanceof BuildFailure && err.reason.code === "sandbox_unavailable";
    if (!missing || needsSandbox) throw err;
    runnerLog.debug({ err }, "sources are fetched without a sandbox");
    return openPlainFolder(jobDir);
  }
};
