import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { digestBytes } from "../src/digest.ts";

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

export type TestBlob = { digest: string; bytes: Uint8Array<ArrayBuffer> };
export type TestImage = { manifest: TestBlob; config: TestBlob; layers: TestBlob[] };

export const blobOf = (bytes: Uint8Array): TestBlob => ({
  digest: digestBytes("sha256", bytes),
  bytes: new Uint8Array(bytes),
});

export const jsonBlob = (value: unknown): TestBlob => blobOf(new TextEncoder().encode(JSON.stringify(value)));

export const randomBlob = (sizeBytes: number): TestBlob => blobOf(randomBytes(sizeBytes));

/** An image that tools accept: one layer of one file with random content, so that no two are the same. */
export const testImage = async (contentBytes = 50_000): Promise<TestImage> => {
  const tar = await new Bun.Archive({ "app/data.bin": new Uint8Array(randomBytes(contentBytes)) }).bytes();
  const layer = blobOf(gzipSync(tar, { level: 1 }));
  const config = jsonBlob({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Cmd: ["/app/run"], WorkingDir: "/app" },
    rootfs: { type: "layers", diff_ids: [digestBytes("sha256", tar)] },
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
  });
  return { manifest, config, layers: [layer] };
};

export const descriptor = (mediaType: string, { digest, bytes }: TestBlob) => ({
  mediaType,
  digest,
  size: bytes.byteLength,
});

/** Writes an OCI image layout (OCI image specification 1.1, "Image layout") that skopeo copies from. */
export const writeLayout = async (dir: string, image: TestImage): Promise<void> => {
  await mkdir(join(dir, "blobs", "sha256"), { recursive: true });
  for (const { digest, bytes } of [image.manifest, image.config, ...image.layers]) {
    await Bun.write(join(dir, "blobs", "sha256", digest.slice("sha256:".length)), bytes);
  }
  await Bun.write(join(dir, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const manifests = [descriptor(OCI_MANIFEST, image.manifest)];
  await Bun.write(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
};
