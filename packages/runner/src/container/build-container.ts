import { constants, lstatSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import type { BuildSpec } from "../build-spec.ts";
import type { BuildPlan } from "../detect/plan.ts";
import { checkDockerfile } from "../dockerfile/check-dockerfile.ts";
import { readDockerfileText } from "../dockerfile/open-dockerfile.ts";
import { readDockerfile } from "../dockerfile/read-dockerfile.ts";
import type { BuiltImage, ClaimedBuild, ImageEngine } from "../ports.ts";
import type { JobLog } from "../service/job-log.ts";
import { dockerfileOf, STATIC_SERVER } from "./dockerfile.ts";
import { DEFAULT_IGNORE, GENERATED } from "./ignore.ts";

export const STATIC_SERVER_FILE = join(import.meta.dir, "../static-site/server.ts");

export type ContainerBuild = {
  engine: ImageEngine;
  job: ClaimedBuild;
  spec: BuildSpec;
  plan: BuildPlan;
  /** The folder to build. */
  folder: string;
  registry: string;
  /** Settings of package managers, given to the build as arguments. */
  env: Readonly<Record<string, string>>;
  /** What the build may mount as secrets, by their ids. */
  secretFiles: Readonly<Record<string, string>>;
  log: JobLog;
};

export type PushedImage = { digest: string; port: number | undefined };

/** Builds a folder as a container image, pushes it, and takes it off the engine again; its layers stay as cache. */
export const buildContainer = async (build: ContainerBuild, signal: AbortSignal): Promise<PushedImage> => {
  const { engine, job, spec, folder, registry, env, secretFiles, log } = build;
  const dockerfile = await writeDockerfile(build);
  const rules = { registry, organisation: spec.organisationSlug, buildArgs: env };
  checkDockerfile(readDockerfile(await readDockerfileText(join(folder, dockerfile))), rules);
  const tag = `${registry}/${spec.repository}:build-${job.id.slice(-12)}`;
  const onLine = (stream: "system" | "stdout" | "stderr", text: string): void => {
    if (stream === "system") log.say(text);
    else void log.line(stream, text);
  };
  try {
    log.phase("Building the image");
    const image = await engine.build(
      { folder, dockerfile, tag, buildArgs: env, cacheScope: spec.organisationId, secretFiles },
      onLine,
      signal,
    );
    crashpoint("runner.built");
    log.phase("Pushing the image");
    const { digest } = await engine.push(tag, job.jobToken, onLine, signal);
    crashpoint("runner.push.manifest");
    return { digest, port: portOf(image) };
  } finally {
    await engine.remove(tag);
  }
};

/** An image that exposes exactly one port listens there, whatever PORT says. */
const portOf = ({ exposedPorts }: BuiltImage): number | undefined =>
  exposedPorts.length === 1 ? exposedPorts[0] : undefined;

const writeDockerfile = async ({ plan, folder, env, secretFiles, log }: ContainerBuild): Promise<string> => {
  if (plan.kind === "dockerfile") return "Dockerfile";
  const text = dockerfileOf(plan, Object.keys(env), Object.keys(secretFiles));
  if (plan.kind === "site") {
    await rm(join(folder, STATIC_SERVER), { force: true, recursive: true });
    await copyFile(STATIC_SERVER_FILE, join(folder, STATIC_SERVER), constants.COPYFILE_EXCL);
  }
  await writeOwn(join(folder, GENERATED), text);
  const ignore = join(folder, ".dockerignore");
  if (lstatSync(ignore, { throwIfNoEntry: false })?.isFile() !== true) await writeOwn(ignore, DEFAULT_IGNORE);
  log.phase("The Dockerfile this amounts to");
  for (const line of text.trimEnd().split("\n")) log.say(line);
  return GENERATED;
};

/** Into a folder of somebody else's files: what is there under that name may be a link to anywhere. */
const writeOwn = async (path: string, text: string): Promise<void> => {
  await rm(path, { force: true, recursive: true });
  await writeFile(path, text, { flag: "wx" });
};
