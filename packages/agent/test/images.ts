import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import { type Header, pack } from "tar-stream";
import { callDocker } from "../../kit/test/docker/api.ts";
import { run } from "../src/exec.ts";
import type { TestRegistry } from "./oci-registry.ts";

export type TarEntry = Partial<Header> & { name: string; content?: string | Uint8Array };

export const tarOf = async (entries: TarEntry[]): Promise<Uint8Array> => {
  const archive = pack();
  for (const { content = "", ...header } of entries) archive.entry(header, Buffer.from(content));
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
};

const SERVER = join(import.meta.dir, "fixtures/server.ts");

/** The test server as a built folder, as the builder makes it. */
const appLayer = async (): Promise<Uint8Array> =>
  tarOf([
    { name: "app/", type: "directory" },
    { name: "app/packages/api/", type: "directory" },
    { name: "app/server.ts", content: await readFile(SERVER), mode: 0o644 },
    { name: "app/not-a-program", content: "\x7fELF of some other world", mode: 0o755 },
    { name: "app/not-executable", content: "#!/usr/bin/env bun\n", mode: 0o644 },
  ]);

type Layer = { tar: Uint8Array; gzip: boolean };
type Config = Record<string, unknown>;

/** Puts an image into the registry and returns how to ask for it. */
export const putImage = (
  registry: TestRegistry,
  layers: Layer[],
  config: Config,
  repository = "home/shop/api",
): ImageRef => {
  const diffIds = layers.map(({ tar }) => `sha256:${createHash("sha256").update(tar).digest("hex")}`);
  const descriptors = layers.map(({ tar, gzip }) => ({
    mediaType: `application/vnd.oci.image.layer.v1.tar${gzip ? "+gzip" : ""}`,
    ...registry.put(gzip ? gzipSync(tar) : tar),
  }));
  const image = { architecture: "amd64", os: "linux", config, rootfs: { type: "layers", diff_ids: diffIds } };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      ...registry.put(Buffer.from(JSON.stringify(image))),
    },
    layers: descriptors,
  };
  return { repository, digest: registry.put(Buffer.from(JSON.stringify(manifest))).digest };
};

/** For the process engine: the folder alone. */
export const putProcessImage = async (registry: TestRegistry): Promise<ImageRef> =>
  putImage(registry, [{ tar: await appLayer(), gzip: true }], {
    Cmd: ["bun", "server.ts"],
    WorkingDir: "/app",
    Env: ["FROM_IMAGE=yes", "PATH=/nowhere"],
    Labels: { "dev.homeport.process": "1" },
  });

/** For Docker: the same folder on top of the local Bun base image. */
export const putContainerImage = async (registry: TestRegistry, socketPath: string): Promise<ImageRef> => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-image-"));
  try {
    const saved = await callDocker(socketPath, "/images/oven/bun:1/get", { timeoutMs: 120_000 });
    await Bun.write(join(dir, "image.tar"), saved);
    await run(["tar", "--extract", "--file", join(dir, "image.tar"), "--directory", dir], 60_000);
    const [index] = (await Bun.file(join(dir, "manifest.json")).json()) as { Layers: string[] }[];
    const base = await Promise.all((index?.Layers ?? []).map((path) => readFile(join(dir, path))));
    return putImage(registry, [...base.map((tar) => ({ tar, gzip: false })), { tar: await appLayer(), gzip: true }], {
      Cmd: ["bun", "server.ts"],
      WorkingDir: "/app",
      Env: ["FROM_IMAGE=yes", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** The same image under another digest, so that nobody has it yet. */
export const variantOf = (registry: TestRegistry, image: ImageRef, changes: Config = {}): ImageRef => {
  if (!("digest" in image)) throw new Error("Only images of the test registry have variants.");
  const parse = (digest: string) => JSON.parse(Buffer.from(registry.get(digest)).toString());
  const manifest = parse(image.digest);
  const config = parse(manifest.config.digest);
  config.config.Labels = { ...config.config.Labels, variant: Bun.randomUUIDv7() };
  Object.assign(config.config, changes);
  Object.assign(manifest.config, registry.put(Buffer.from(JSON.stringify(config))));
  return { repository: image.repository, digest: registry.put(Buffer.from(JSON.stringify(manifest))).digest };
};
