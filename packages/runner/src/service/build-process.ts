import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import type { BuildSpec } from "../build-spec.ts";
import { STATIC_SERVER_FILE } from "../container/build-container.ts";
import type { BuildPlan, Step, Toolwork } from "../detect/plan.ts";
import { projectFolder } from "../detect/project.ts";
import { processImage } from "../oci/image.ts";
import { pushImage } from "../oci/push.ts";
import { packFolder } from "../pack/pack-folder.ts";
import type { ClaimedJob } from "../ports.ts";
import { runCommand } from "../run/run-command.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Toolchain } from "../sandbox/toolchain.ts";
import type { JobLog } from "./job-log.ts";

export type ProcessBuild = {
  job: ClaimedJob;
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
  if (plan.preset === "dockerfile") {
    throw new BuildFailure(
      "needs_container_engine",
      "A Dockerfile needs a container engine, and this machine has none. Install Docker, or deploy from source with a preset.",
    );
  }
  if (plan.work !== null) await runWork(build, plan.work, signal);
  const folder = plan.preset === "static" ? await gatherSite(jobDir, join(rootDirectory, plan.site)) : jobDir;
  log.phase("Packing the built folder");
  const layer = await packFolder(folder, build.maxImageBytes, signal);
  const workingDir = plan.preset === "static" ? "/app" : join("/app", rootDirectory);
  const image = processImage(layer, plan.start, workingDir, plan.preset);
  log.phase("Storing the image");
  await pushImage({ registry, repository: spec.repository, password: job.jobToken }, layer, image, signal);
  log.say(image.digest);
  return { digest: image.digest, start: plan.start };
};

const runWork = async (
  build: ProcessBuild,
  { program, install, build: step }: Toolwork,
  signal: AbortSignal,
): Promise<void> => {
  if (program !== "" && (install !== null || step !== null) && !build.toolchain.has(program)) {
    throw new BuildFailure(
      "package_manager_missing",
      `This build needs ${program}, and the machine that builds it has none.`,
    );
  }
  if (install !== null) await runStep(build, "Installing dependencies", "install_failed", install, signal);
  if (step !== null) await runStep(build, "Building", "build_failed", step, signal);
};

const runStep = async (
  { sandbox, rootDirectory, log }: ProcessBuild,
  title: string,
  code: "install_failed" | "build_failed",
  { argv, shown }: Step,
  signal: AbortSignal,
): Promise<void> => {
  log.phase(`${title}: ${shown}`);
  const command = sandbox.command(argv, { folder: rootDirectory });
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
