import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { BuildFailure } from "../build-failure.ts";
import type { BuildSpec } from "../build-spec.ts";
import { STATIC_SERVER_FILE } from "../container/build-container.ts";
import type { BuildPlan, Step, Toolwork } from "../detect/plan.ts";
import { projectFolder } from "../detect/project.ts";
import { processImage } from "../oci/image.ts";
import { pushImage } from "../oci/push.ts";
import { packFolder } from "../pack/pack-folder.ts";
import type { ClaimedBuild } from "../ports.ts";
import { runCommand } from "../run/run-command.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Toolchain } from "../sandbox/toolchain.ts";
import type { JobLog } from "./job-log.ts";

export type ProcessBuild = {
  job: ClaimedBuild;
  spec: BuildSpec;
  plan: BuildPlan;
  sandbox: Sandbox;
  toolchain: Toolchain;
  jobDir: string;
  /** Below the source's root; empty for the root itself. */
  rootDirectory: string;
  registry: string;
  maxImageBytes: number;
  log: JobLog;
};

/** Builds on the machine's own toolchain, packs the folder as an image of one layer and pushes it. */
export const buildProcess = async (
  build: ProcessBuild,
  signal: AbortSignal,
): Promise<{ digest: string; start: string[] }> => {
  const { job, spec, plan, jobDir, rootDirectory, registry, log } = build;
  if (plan.kind === "dockerfile") {
    throw new BuildFailure(
      "needs_container_engine",
      "A Dockerfile needs a container engine, and this machine has none. Install Docker, or deploy from source with a preset.",
    );
  }
  if (plan.work !== null) await runWork(build, plan.work, signal);
  const folder = plan.kind === "site" ? await gatherSite(jobDir, join(rootDirectory, plan.site)) : jobDir;
  crashpoint("runner.built");
  log.phase("Packing the built folder");
  const layer = await packFolder(folder, build.maxImageBytes, signal);
  const workingDir = plan.kind === "site" ? "/app" : join("/app", rootDirectory);
  const image = processImage(layer, {
    start: plan.start,
    workingDir,
    preset: plan.preset,
    env: plan.kind === "service" ? plan.image.env : {},
  });
  log.phase("Storing the image");
  await pushImage({ registry, repository: spec.repository, password: job.jobToken }, layer, image, signal);
  log.say(image.digest);
  return { digest: image.digest, start: plan.start };
};

/** @throws {BuildFailure} toolchain_missing, naming the program; install_failed; build_failed */
const runWork = async (build: ProcessBuild, work: Toolwork, signal: AbortSignal): Promise<void> => {
  const missing = work.programs.find((program) => !build.toolchain.has(program));
  if (missing !== undefined) {
    throw new BuildFailure(
      "toolchain_missing",
      `This build needs ${missing}, and the machine that builds it has none. Install it there, or deploy to a container engine.`,
    );
  }
  if (work.install !== null) {
    for (const step of [...work.prepare, work.install]) {
      await runStep(build, "Installing dependencies", "install_failed", step, work.env, signal);
    }
  }
  for (const step of [work.build, ...work.finish]) {
    if (step !== null) await runStep(build, "Building", "build_failed", step, work.env, signal);
  }
};

const runStep = async (
  { job, sandbox, rootDirectory, log }: ProcessBuild,
  title: string,
  code: "install_failed" | "build_failed",
  { argv, shown }: Step,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> => {
  log.phase(`${title}: ${shown}`);
  const secrets = [...job.secrets.build].map(([name, value]) => [name, value.reveal()] as const);
  const command = sandbox.command(argv, { folder: rootDirectory, env: { ...env, ...Object.fromEntries(secrets) } });
  const options = { onLine: (stream: "stdout" | "stderr", text: string) => log.line(stream, text), signal };
  const { exitCode, signal: killedBy, lastLines } = await runCommand(command, options);
  if (exitCode === 0) return;
  const how = killedBy === null ? `exit code ${exitCode}` : `signal ${killedBy}`;
  throw new BuildFailure(code, `"${shown}" failed with ${how}.`, { exitCode, signal: killedBy, lastLines });
};

/**
 * A site's image holds its files and our server, and nothing else of the source. The build may have put a link in place
 * of any folder of its own, so the site is looked for again, and only inside the source.
 *
 * @throws {BuildFailure} output_missing
 */
const gatherSite = async (jobDir: string, site: string): Promise<string> => {
  const folder = join(jobDir, "site-image");
  const app = join(folder, "app");
  await mkdir(app, { recursive: true, mode: 0o755 });
  const found = await projectFolder(join(jobDir, "app"), site).catch((err: unknown) => {
    throw new BuildFailure("output_missing", `The build made no folder "${site}" to serve.`, { cause: err });
  });
  await rename(found, join(app, "site"));
  await copyFile(STATIC_SERVER_FILE, join(app, "server.ts"));
  return folder;
};
