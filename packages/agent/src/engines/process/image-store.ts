import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join, posix } from "node:path";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import { z } from "zod";
import { ReplicaFailure } from "../../failure.ts";
import type { Credentials, RemovedImages } from "../../ports.ts";
import { readState, writeState } from "../../state-file.ts";
import { measureFolder } from "../volume-folder.ts";
import { type EnginePaths, UNFINISHED } from "./paths.ts";
import { namesIn } from "./record.ts";
import { type ImageConfig, type Manifest, openRepository } from "./registry-client.ts";
import { unpackLayer } from "./unpack.ts";

/** The mark of an image that is a built folder and a start command, made for a machine's own toolchains. */
const PROCESS_LABEL = "dev.homeport.process";
const LAYER_TYPES = [
  "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
];
const MAX_LAYER_BYTES = 4 * 1024 ** 3;
const IMAGE_FOLDER = /^[0-9a-f]{64}$/;
const MEASURE_TIMEOUT_MS = 60_000;

const APP = "/app";

const About = z.object({
  command: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  /** `/app` or a folder below it, as the workload sees it. Images that were unpacked by older agents have none. */
  workingDir: z.string().default(APP),
});
export type About = z.infer<typeof About>;

/** Unpacked images, one folder per digest. A folder under its final name is whole; its age is that of its last use. */
export const createImageStore = (paths: EnginePaths, registry: string, checkDisk: () => Promise<void>) => {
  const pulling = new Map<string, Promise<void>>();
  const find = (digest: string): Promise<About | null> => readState(paths.image(digest).about, About);

  const fetchImage = async (
    image: { repository: string; digest: string },
    credentials: Credentials | null,
    signal: AbortSignal,
  ) => {
    const repository = openRepository(registry, image.repository, credentials, signal);
    const manifest = await repository.manifest(image.digest);
    const config = await repository.config(manifest.config);
    const layer = processLayer(manifest, config);
    const about = aboutOf(config);
    const draft = join(paths.images, `${Bun.randomUUIDv7()}${UNFINISHED}`);
    const archive = join(draft, "layer.tar.gz");
    try {
      await mkdir(draft, { recursive: true, mode: 0o700 });
      await repository.download(layer, archive);
      await unpackLayer(archive, draft);
      await rm(archive);
      await writeState(join(draft, "image.json"), about);
      await rename(draft, paths.image(image.digest).dir).catch(async (err: unknown) => {
        if ((await find(image.digest)) === null) throw err; // else: another pull of the same image was faster
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  };

  const fetchMissing = async (...args: Parameters<typeof fetchImage>): Promise<void> => {
    if ((await find(args[0].digest)) !== null) return;
    await checkDisk();
    await fetchImage(...args);
  };

  return {
    find,

    async pull(image: ImageRef, credentials: Credentials | null, signal: AbortSignal): Promise<void> {
      if (!("digest" in image)) throw needsContainers(`"${image.reference}"`);
      // several replicas of a release start at once: one downloads, the others wait, and try themselves if it fails
      for (let other = pulling.get(image.digest); other !== undefined; other = pulling.get(image.digest)) await other;
      const mine = fetchMissing(image, credentials, signal);
      const settled = mine.then(noop, noop).finally(() => pulling.delete(image.digest));
      pulling.set(image.digest, settled);
      await mine;
      await settled;
      await utimes(paths.image(image.digest).dir, new Date(), new Date());
    },

    /** Removes what an earlier process left half unpacked. */
    async clear(): Promise<void> {
      for (const name of await namesIn(paths.images)) {
        if (name.endsWith(UNFINISHED)) await rm(join(paths.images, name), { recursive: true, force: true });
      }
    },

    /** Removes those that nothing used for that long, the longest unused first, until it is enough. */
    async removeUnused(
      keep: ReadonlySet<string>,
      unusedForMs: number,
      isEnough: () => Promise<boolean> = async () => false,
    ): Promise<RemovedImages> {
      const unused: { dir: string; usedAt: number }[] = [];
      for (const name of await namesIn(paths.images)) {
        const dir = join(paths.images, name);
        if (keep.has(`sha256:${name}`)) await utimes(dir, new Date(), new Date());
        else if (IMAGE_FOLDER.test(name)) unused.push({ dir, usedAt: (await stat(dir)).mtimeMs });
      }
      const removed = { count: 0, bytes: 0 };
      for (const { dir, usedAt } of unused.sort((a, b) => a.usedAt - b.usedAt)) {
        if (Date.now() - usedAt < unusedForMs || (await isEnough())) break;
        const { bytes } = await measureFolder(dir, AbortSignal.timeout(MEASURE_TIMEOUT_MS));
        const doomed = join(paths.images, `${Bun.randomUUIDv7()}${UNFINISHED}`);
        await rename(dir, doomed);
        await rm(doomed, { recursive: true, force: true });
        removed.count += 1;
        removed.bytes += bytes;
      }
      return removed;
    },

    /** All of them, and of these the ones in `pinned`. */
    async measure(
      pinned: ReadonlySet<string>,
      signal: AbortSignal,
    ): Promise<[all: RemovedImages, pinned: RemovedImages]> {
      const [all, kept] = [
        { count: 0, bytes: 0 },
        { count: 0, bytes: 0 },
      ];
      for (const name of (await namesIn(paths.images)).filter((each) => IMAGE_FOLDER.test(each))) {
        const { bytes } = await measureFolder(join(paths.images, name), signal);
        for (const sum of pinned.has(`sha256:${name}`) ? [all, kept] : [all]) {
          sum.count += 1;
          sum.bytes += bytes;
        }
      }
      return [all, kept];
    },
  };
};

const noop = (): void => {};

export type ImageStore = ReturnType<typeof createImageStore>;

const processLayer = (manifest: Manifest, { config }: ImageConfig) => {
  const [layer, ...others] = manifest.layers;
  if (config.Labels?.[PROCESS_LABEL] !== "1") throw needsContainers("This image");
  if (layer === undefined || others.length > 0 || !LAYER_TYPES.includes(layer.mediaType))
    throw needsContainers("This image");
  if (layer.size > MAX_LAYER_BYTES) {
    const message = "The image was refused: it is larger than 4 GiB.";
    throw new ReplicaFailure({ code: "image_too_large", message }, { retryable: false });
  }
  return layer;
};

const aboutOf = ({ config }: ImageConfig): About => ({
  command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
  env: Object.fromEntries(
    (config.Env ?? []).flatMap((variable) => {
      const at = variable.indexOf("=");
      return at > 0 ? [[variable.slice(0, at), variable.slice(at + 1)]] : [];
    }),
  ),
  workingDir: safeWorkingDir(config.WorkingDir || APP),
});

/** Outside of the sandbox this becomes a path on the machine, so it may not lead out of the image. */
const safeWorkingDir = (wanted: string): string => {
  const folder = posix.normalize(`${wanted}/`).slice(0, -1);
  if (!wanted.includes("\0") && (folder === APP || folder.startsWith(`${APP}/`))) return folder;
  const message = `The image was refused: its working folder ${JSON.stringify(wanted.slice(0, 200))} is not ${APP} or below it.`;
  throw new ReplicaFailure({ code: "image_unsafe", message }, { retryable: false });
};

const needsContainers = (what: string): ReplicaFailure =>
  new ReplicaFailure(
    {
      code: "needs_container_engine",
      message: `${what} needs a container engine, and this node has none: it runs only what Homeport builds from source with a preset. Install Docker on the node, or deploy from source.`,
    },
    { retryable: false },
  );
