import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import type { BuildResult } from "../build-spec.ts";
import { buildContainer } from "../container/build-container.ts";
import { planBuild } from "../detect/plan-build.ts";
import { projectFolder, readProject } from "../detect/project.ts";
import { log as runnerLog } from "../log.ts";
import type { ClaimedJob, ImageEngine, JobSource } from "../ports.ts";
import { RootDirectory } from "../root-directory.ts";
import { withFolderLimit } from "../run/folder-limit.ts";
import { openPlainFolder } from "../sandbox/plain-folder.ts";
import { checkSandbox, openSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import type { Toolchain } from "../sandbox/toolchain.ts";
import { fetchRepository, type SourceRevision } from "../source/git-source.ts";
import { fetchUpload } from "../source/upload-source.ts";
import { buildProcess } from "./build-process.ts";
import type { JobLog } from "./job-log.ts";
import type { Limits } from "./limits.ts";

export type BuildParts = {
  jobs: JobSource;
  dataDir: string;
  registry: string;
  allowPrivateHosts: boolean;
  toolchain: Toolchain;
  /** Null on a machine without a container engine. */
  images: ImageEngine | null;
  /** Settings of package managers that this machine needs to reach its registries. */
  env: Readonly<Record<string, string>>;
  limits: Limits;
};

/** Source, detection, build, push. @throws {BuildFailure} with the reason, in words for people */
export const runBuild = async (
  parts: BuildParts,
  job: ClaimedJob,
  jobDir: string,
  log: JobLog,
  signal: AbortSignal,
): Promise<BuildResult> => {
  const { spec } = job;
  const { limits, registry, toolchain } = parts;
  const sandbox = await openPlace(parts, job, jobDir, signal);
  const revision = await fetchSource(parts, job, jobDir, sandbox, log, signal);
  const rootDirectory = parseRoot(spec.rootDirectory);
  const folder = await projectFolder(join(jobDir, "app"), rootDirectory);
  const plan = planBuild(await readProject(folder), spec);
  log.phase(plan.explanation);
  const size = {
    folder: jobDir,
    maxBytes: limits.maxWorkspaceBytes,
    maxEntries: limits.maxEntries,
    code: "workspace_too_large",
    what: "The build",
  } as const;
  const common = { repository: spec.repository, ...revision, preset: plan.preset, explanation: plan.explanation };
  return withFolderLimit(size, signal, async (limited) => {
    if (spec.output === "process") {
      const built = await buildProcess(
        {
          job,
          spec,
          plan,
          sandbox,
          toolchain,
          jobDir,
          rootDirectory,
          registry,
          maxImageBytes: limits.maxImageBytes,
          log,
        },
        limited,
      );
      return { ...common, digest: built.digest, startCommand: built.start };
    }
    if (parts.images === null)
      throw new BuildFailure("needs_container_engine", "This build needs a container engine, and its runner has none.");
    const built = await buildContainer(
      { engine: parts.images, job, spec, plan, folder, registry, env: parts.env, log },
      limited,
    );
    return { ...common, digest: built.digest, ...(built.port === undefined ? {} : { port: built.port }) };
  });
};

/**
 * Where the source goes. A build on this machine needs a sandbox; for one in a container engine, it is a second wall
 * around git, and not every machine has it.
 */
const openPlace = async (
  parts: BuildParts,
  { spec }: ClaimedJob,
  jobDir: string,
  signal: AbortSignal,
): Promise<Sandbox> => {
  const { limits, dataDir, toolchain, env } = parts;
  const sandbox = await openSandbox({
    jobDir,
    cacheRoot: join(dataDir, "runner/cache"),
    dataDir,
    organisationId: spec.organisationId,
    toolchain,
    limits: { maxFileBytes: limits.maxFileBytes, maxProcesses: limits.maxProcesses },
    env,
  });
  try {
    await checkSandbox(sandbox, signal);
    return sandbox;
  } catch (err) {
    const missing = err instanceof BuildFailure && err.reason.code === "sandbox_unavailable";
    if (!missing || spec.output === "process") throw err;
    runnerLog.debug({ err }, "sources are fetched without a sandbox");
    return openPlainFolder(jobDir);
  }
};

const fetchSource = async (
  parts: BuildParts,
  job: ClaimedJob,
  jobDir: string,
  sandbox: Sandbox,
  log: JobLog,
  signal: AbortSignal,
): Promise<SourceRevision> => {
  const { limits, allowPrivateHosts, jobs } = parts;
  const { source } = job.spec;
  if (source.kind === "git") {
    return fetchRepository(source, { sandbox, jobDir, limits: limits.git, egress: { allowPrivateHosts }, log }, signal);
  }
  await fetchUpload(source.uploadId, { jobs, job, sandbox, jobDir, limits: limits.archive, log }, signal);
  return {};
};

/** @throws {BuildFailure} source_invalid */
const parseRoot = (wanted: string | undefined): string => {
  const parsed = RootDirectory.safeParse(wanted ?? "");
  if (parsed.success) return parsed.data;
  throw new BuildFailure("source_invalid", `The root directory ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
};
