import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callDocker, lastLine } from "../docker/api.ts";
import { run } from "../docker/command.ts";
import { hostNpmSettings } from "../npm-settings.ts";
import { type BaseImage, bunImage, busyboxImage, nodeImage, pythonImage } from "./catalog.ts";
import { layOut, trustEnv } from "./root-folder.ts";

export type BaseImageName = "busybox" | "bun" | "node" | "python";

const CATALOG: Readonly<Record<BaseImageName, () => BaseImage | Promise<BaseImage>>> = {
  busybox: busyboxImage,
  bun: bunImage,
  node: nodeImage,
  python: pythonImage,
};

/** Label with the hash of an image's content: an image that is there already is not made again. */
const CONTENT = "dev.homeport.test.content";

/**
 * Makes the base images that Dockerfiles start from, `FROM scratch` and without a network, and tags them with their usual
 * names. Where the machine reaches the npm registry in a way of its own, programs in the images learn it.
 */
export const ensureBaseImages = async (
  socketPath: string,
  names: readonly BaseImageName[] = ["busybox", "bun", "node"],
): Promise<void> => {
  const settings = { ...trustEnv(), ...(await hostNpmSettings()) };
  for (const name of names) {
    const image = await CATALOG[name]();
    await ensureImage(socketPath, { ...image, env: { ...image.env, ...settings } });
  }
};

/** Makes an image that no catalog has, the same way. */
export const ensureImage = async (socketPath: string, image: BaseImage): Promise<void> => {
  const content = await contentOf(image);
  if ((await labelOf(socketPath, image.tags[0] as string)) === content) return;
  const root = await mkdtemp(join(tmpdir(), "homeport-base-"));
  try {
    await layOut(join(root, "files"), image);
    const archive = join(root, "image.tar");
    await run([
      "tar",
      "--create",
      "--file",
      archive,
      "--owner=0",
      "--group=0",
      "--directory",
      join(root, "files"),
      ".",
    ]);
    await importImage(socketPath, image, content, archive);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

const importImage = async (socketPath: string, image: BaseImage, content: string, archive: string): Promise<void> => {
  const [first, ...others] = image.tags.map((tag) => tag.split(":") as [repo: string, tag: string]);
  const changes = [
    ...Object.entries(image.env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
    `CMD ${JSON.stringify(image.command)}`,
    `WORKDIR ${image.workingDir}`,
    `LABEL ${CONTENT}=${content}`,
  ].map((change) => `&changes=${encodeURIComponent(change)}`);
  const [repo, tag] = first as [string, string];
  const path = `/images/create?fromSrc=-&repo=${repo}&tag=${tag}${changes.join("")}`;
  const body = Bun.file(archive);
  await lastLine(await callDocker(socketPath, path, { method: "POST", body, timeoutMs: 120_000 }));
  for (const [otherRepo, otherTag] of others) {
    await callDocker(socketPath, `/images/${repo}:${tag}/tag?repo=${otherRepo}&tag=${otherTag}`, { method: "POST" });
  }
};

/** What an image is made of, without reading it: the description, and each program by size and time. */
const contentOf = async (image: BaseImage): Promise<string> => {
  const hash = createHash("sha256").update(JSON.stringify(image));
  for (const source of [...Object.values(image.programs), ...Object.values(image.folders ?? {})]) {
    const { size, mtimeMs } = await Bun.file(source).stat();
    hash.update(`${source} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
};

const labelOf = async (socketPath: string, tag: string): Promise<string | null> => {
  try {
    const response = await callDocker(socketPath, `/images/${tag}/json`);
    const image = (await response.json()) as { Config: { Labels: Record<string, string> | null } };
    return image.Config.Labels?.[CONTENT] ?? null;
  } catch {
    return null; // not there yet
  }
};
