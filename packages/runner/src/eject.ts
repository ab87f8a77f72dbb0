import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "./build-failure.ts";
import { STATIC_SERVER_FILE } from "./container/build-container.ts";
import { dockerfileOf, STATIC_SERVER } from "./container/dockerfile.ts";
import { DEFAULT_IGNORE } from "./container/ignore.ts";
import { explain, planBuild, type Wishes } from "./detect/plan-build.ts";
import { readProject } from "./detect/project.ts";

/** What a preset amounts to, as files that a project can keep and change. */
export type Ejected = {
  preset: string;
  dockerfile: string;
  /** The project's own, where it has one. */
  dockerignore: string;
  /** Other files that the Dockerfile copies, by their path in the project. */
  files: Readonly<Record<string, string>>;
  /** Why it is built like this, in plain words. */
  explanation: string;
};

const MAX_IGNORE_BYTES = 256 * 1024;

/**
 * The Dockerfile that the platform would build a folder with. Built by anybody, it makes the same image. The folder is
 * only read.
 *
 * @throws {BuildFailure} nothing_detected, start_command_missing, package_json_invalid; source_invalid when the folder
 *   is built from a Dockerfile already
 */
export const ejectDockerfile = async (folder: string, wishes: Omit<Wishes, "output">): Promise<Ejected> => {
  const project = await readProject(folder);
  // Without one, a Dockerfile of the folder's own is no obstacle: it may be an earlier one of ours.
  const files = new Set([...project.files].filter((path) => path !== "Dockerfile"));
  const plan = planBuild({ ...project, files }, { ...wishes, output: "container" });
  if (plan.kind === "dockerfile") {
    throw new BuildFailure("source_invalid", "The preset dockerfile is the project's own Dockerfile already.");
  }
  return {
    preset: plan.preset,
    dockerfile: dockerfileOf(plan, []),
    dockerignore: (await readIgnore(join(folder, ".dockerignore"))) ?? DEFAULT_IGNORE,
    files: plan.kind === "site" ? { [STATIC_SERVER]: await readFile(STATIC_SERVER_FILE, "utf8") } : {},
    explanation: explain(plan),
  };
};

/** Null when there is none; a link is none, it may lead anywhere. */
const readIgnore = async (path: string): Promise<string | null> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    if (size > MAX_IGNORE_BYTES)
      throw new BuildFailure("source_invalid", `.dockerignore has more than ${MAX_IGNORE_BYTES} bytes.`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
};
