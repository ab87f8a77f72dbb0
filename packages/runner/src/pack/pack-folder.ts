import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { BuildFailure } from "../build-failure.ts";
import { describeBytes } from "../bytes.ts";
import type { Layer } from "../oci/image.ts";
import { killGroup } from "../run/process-guard.ts";

/** Fast rather than small: the layer travels over loopback, and is stored once. */
const GZIP_LEVEL = 1;

/**
 * The same files give the same bytes: sorted, without times and owners. Permissions are set, not kept: a build may make a
 * file that runs as its owner, and in the image the owner is root.
 */
const CREATE = [
  "--create",
  "--format=gnu",
  "--sort=name",
  "--mtime=@0",
  "--owner=0",
  "--group=0",
  "--numeric-owner",
  "--mode=ug-s,o-t,u=rwX,go=rX",
  "--hard-dereference",
];

/**
 * Packs `<jobDir>/app` as a layer, everything below `app/`, without .git. Links are packed as links. Nothing may
 * change the folder meanwhile.
 *
 * @throws {BuildFailure} image_too_large
 */
export const packFolder = async (jobDir: string, maxBytes: number, signal: AbortSignal): Promise<Layer> => {
  const path = join(jobDir, "layer.tar.gz");
  const tar = Bun.spawn(["tar", ...CREATE, "--exclude=app/.git", "--directory", jobDir, "--", "app"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    detached: true,
  });
  const kill = () => killGroup(tar.pid);
  signal.addEventListener("abort", kill, { once: true });
  const plain = hashing(maxBytes);
  const packed = hashing(Number.MAX_SAFE_INTEGER);
  try {
    const errors = new Response(tar.stderr).text();
    await pipeline(
      tar.stdout,
      plain.stream,
      createGzip({ level: GZIP_LEVEL }),
      packed.stream,
      createWriteStream(path, { mode: 0o600 }),
      { signal },
    );
    const code = await tar.exited;
    if (code !== 0) throw new Error(`tar ended with code ${code}: ${(await errors).slice(0, 500)}`);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await tar.exited;
  }
  return { path, digest: packed.digest(), diffId: plain.digest(), sizeBytes: (await stat(path)).size };
};

const hashing = (maxBytes: number) => {
  const hash = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        done(
          new BuildFailure(
            "image_too_large",
            `The built service is larger than ${describeBytes(maxBytes)}, which is the limit.`,
          ),
        );
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest("hex")}` };
};
