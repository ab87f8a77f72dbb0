import { existsSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildSpec } from "../build-spec.ts";
import type { BuildPlan } from "../detect/plan.ts";
import type { BuiltImage, ClaimedJob, ImageEngine } from "../ports.ts";
import type { JobLog } from "../service/job-log.ts";
import { dockerfileOf, STATIC_SERVER } from "./dockerfile.ts";

const GENERATED = ".homeport.Dockerfile";
export const STATIC_SERVER_FILE = join(import.meta.dir, "../static-site/server.ts");

export type ContainerBuild = {
  engine: ImageEngine;
  job: ClaimedJob;
  spec: BuildSpec;
  plan: BuildPlan;
  /** The folder to build. */
  folder: string;
  registry: string;
  log: JobLog;
};

export type PushedImage = { digest: string; port: number | undefined };

/** Builds a folder as a container image, pushes it, and takes it off the engine again; its layers stay as cache. */
export const buildContainer = async (build: ContainerBuild, signal: AbortSignal): Promise<PushedImage> => {
  const { engine, job, spec, folder, registry, log } = build;
  const dockerfile = await writeDockerfile(build);
  const tag = `${registry}/${spec.repository}:build-${job.id.slice(-12)}`;
  const onLine = (stream: "system" | "stdout" | "stderr", text: string): void => {
    if (stream === "system") log.say(text);
    else void log.line(stream, text);
  };
  try {
    log.phase("Building the image");
    const image = await engine.build({ folder, dockerfile, tag, buildArgs: {} }, onLine, signal);
    log.phase("Pushing the image");
    const { digest } = await engine.push(tag, job.jobToken, onLine, signal);
    return { digest, port: portOf(image) };
  } finally {
    await engine.remove(tag);
  }
};

/** An image that exposes exactly one port listens there, whatever PORT says. */
const portOf = ({ exposedPorts }: BuiltImage): number | undefined => (exposedPorts.length === 1 ? exposedPorts[0] : undefined);

const writeDockerfile = async ({ plan, folder, log }: ContainerBuild): Promise<string> => {
  if (plan.preset === "dockerfile") return "Dockerfile";
  if (plan.preset === "static") await copyFile(STATIC_SERVER_FILE, join(folder, STATIC_SERVER));
  const text = dockerfileOf(plan);
  await rm(join(folder, GENERATED), { force: true, recursive: true }); // a link of that name would lead elsewhere
  await writeFile(join(folder, GENERATED), text, { flag: "wx" });
  if (!existsSync(join(folder, ".dockerignore"))) await writeFile(join(folder, ".dockerignore"), "node_modules\n.git\n", { flag: "wx" });
  log.phase("The Dockerfile this amounts to");
  for (const line of text.trimEnd().split("\n")) log.say(line);
  return GENERATED;
};
