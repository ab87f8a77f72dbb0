import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";

export type TestRegistry = { host: string; stop(): Promise<void> };

/**
 * Debian's docker-registry on a random port of the loopback address: an OCI registry that nobody here wrote. With
 * `password`, it asks every user for it.
 */
export const startRegistry = async ({ password }: { password?: string } = {}): Promise<TestRegistry> => {
  if (Bun.which("docker-registry") === null)
    throw new Error("These tests need a registry: apt-get install docker-registry");
  const dir = await mkdtemp(join(tmpdir(), "homeport-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const config: Record<string, unknown> = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(dir, "data") } },
    http: { addr: host },
  };
  if (password !== undefined) {
    const hash = await Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });
    await Bun.write(join(dir, "htpasswd"), `homeport:${hash.replace(/^\$2b\$/, "$2y$")}\n`);
    config.auth = { htpasswd: { realm: "test", path: join(dir, "htpasswd") } };
  }
  await Bun.write(join(dir, "config.yml"), JSON.stringify(config)); // JSON is YAML
  const child = Bun.spawn(["docker-registry", "serve", join(dir, "config.yml")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  await waitFor(async () => (await fetch(`http://${host}/v2/`)).status > 0);
  return {
    host,
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*";

/** The manifest and the config of an image, as a registry has them. */
export const readImage = async (
  host: string,
  repository: string,
  digest: string,
  headers: Record<string, string> = {},
) => {
  const get = async (path: string) =>
    fetch(`http://${host}/v2/${repository}/${path}`, { headers: { ...headers, accept: ACCEPT } });
  const manifest = (await (await get(`manifests/${digest}`)).json()) as {
    config: { digest: string };
    layers: { digest: string; size: number }[];
  };
  const config = (await (await get(`blobs/${manifest.config.digest}`)).json()) as {
    config: { Cmd: string[]; Labels: Record<string, string>; WorkingDir: string };
    rootfs: { diff_ids: string[] };
  };
  return {
    manifest,
    config,
    layer: async (index = 0) => (await get(`blobs/${manifest.layers[index]?.digest}`)).bytes(),
  };
};
