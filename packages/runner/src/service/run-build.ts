import { join } from "node:path";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { BuildFailure } from "../build-failure.ts";
import type { BuildResult } from "../build-spec.ts";
import { buildContainer } from "../container/build-container.ts";
import { explain, planBuild } from "../detect/plan-build.ts";
import { projectFolder, readProject } from "../detect/project.ts";
import type { ClaimedBuild, ImageEngine, JobSource } from "../ports.ts";
import { RootDirectory } from "../root-directory.ts";
import { withFolderLimit } from "../run/folder-limit.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { fetchRepository, type SourceRevision } from "../source/git-source.ts";
import { fetchUpload } from "../source/upload-source.ts";
import { buildProcess } from "./build-process.ts";
import type { JobLog } from "./job-log.ts";
import { openPlace, type PlaceParts } from "./open-place.ts";
import { writeSecretFiles } from "./secret-files.ts";

export type BuildParts = PlaceParts & {
  jobs: JobSource;
  registry: string;
  allowPrivateHosts: boolean;
  /** Certificates in PEM that git trusts besides the machine's. */
  gitCertificates?: string | undefined;
  /** Null on a machine without a container engine. */
  images: ImageEngine | null;
};

/** Source, detection, build, push. @throws {BuildFailure} with the reason, in words for people */
export const runBuild = async (
  parts: BuildParts,
  job: ClaimedBuild,
  jobDir: string,
  log: JobLog,
  signal: AbortSignal,
): Promise<BuildResult> => {
  const { spec } = job;
  const { limits, registry, toolchain } = parts;
  const place = { jobDir, organisationId: spec.organisationId, needsSandbox: spec.output === "process" };
  const sandbox = await openPlace(parts, place, signal);
  const revision = await fetchSource(parts, job, jobDir, sandbox, log, signal);
  crashpoint("runner.fetched");
  const rootDirectory = parseRoot(spec.rootDirectory);
  const folder = await projectFolder(join(jobDir, "app"), rootDirectory);
  const plan = planBuild(await readProject(folder), spec);
  log.phase(plan.explanation);
  for (const note of plan.notes) log.say(note);
  const size = {
    folder: jobDir,
    maxBytes: limits.maxWorkspaceBytes,
    maxEntries: limits.maxEntries,
    code: "workspace_too_large",
    what: "The build",
  } as const;
  const common = { repository: spec.repository, ...revision, preset: plan.preset, explanation: explain(plan) };
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
    const secretFiles = await writeSecretFiles(jobDir, job.secrets.build);
    const built = await buildContainer(
      { engine: parts.images, job, spec, plan, folder, registry, env: parts.env, secretFiles, log },
      limited,
    );
    return { ...common, digest: built.digest, ...(built.port === undefined ? {} : { port: built.port }) };
  });
};

const fetchSource = async (
  parts: BuildParts,
  job: ClaimedBuild,
  jobDir: string,
  sandbox: Sandbox,
  log: JobLog,
  signal: AbortSignal,
): Promise<SourceRevision> => {
  const { limits, allowPrivateHosts, gitCertificates, jobs } = parts;
  const { source } = job.spec;
  if (source.kind === "git") {
    const egress = { allowPrivateHosts, certificates: gitCertificates };
    const credential = job.secrets.git;
    return fetchRepository(source, { sandbox, jobDir, limits: limits.git, egress, credential, log }, signal);
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
