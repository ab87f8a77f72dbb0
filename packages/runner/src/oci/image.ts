/** Media types of the OCI image specification 1.1. */
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

export type Blob = { digest: string; sizeBytes: number };
/** `diffId` is the digest of the layer before compression. */
export type Layer = Blob & { path: string; diffId: string };

export type ProcessImage = {
  config: Uint8Array<ArrayBuffer>;
  manifest: Uint8Array<ArrayBuffer>;
  configBlob: Blob;
  digest: string;
};

/** The label by which an agent without a container engine knows an image that it can run. */
export const PROCESS_LABEL = "dev.homeport.process";

export type ProcessConfig = {
  start: string[];
  workingDir: string;
  preset: string;
  env: Readonly<Record<string, string>>;
};

/** The config and manifest of an image of one layer: a built folder and the command that starts it. Same input, same digest. */
export const processImage = (layer: Layer, { start, workingDir, preset, env }: ProcessConfig): ProcessImage => {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const config = encode({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: process.platform,
    config: {
      Cmd: start,
      WorkingDir: workingDir,
      ...(variables.length === 0 ? {} : { Env: variables }),
      Labels: { [PROCESS_LABEL]: "1", "dev.homeport.preset": preset },
    },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
  const configBlob = { digest: sha256(config), sizeBytes: config.byteLength };
  const manifest = encode({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest: configBlob.digest, size: configBlob.sizeBytes },
    layers: [{ mediaType: LAYER_TYPE, digest: layer.digest, size: layer.sizeBytes }],
  });
  return { config, manifest, configBlob, digest: sha256(manifest) };
};

const encode = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
