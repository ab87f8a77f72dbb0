import { join } from "node:path";

/** Every path of the process engine is made here, from ids and digests that were checked before; none comes from a tenant. */
export type ReplicaPaths = {
  dir: string;
  record: string;
  /** The replica's writable copy of the image's `app/`. */
  app: string;
  home: string;
  tmp: string;
  hosts: string;
  passwd: string;
  group: string;
  launchSpec: string;
  /** What bwrap writes about itself: the first process, and at last the exit code. */
  status: string;
  stdout: string;
  stderr: string;
};

export type EnginePaths = {
  root: string;
  images: string;
  replicas: string;
  launcher: string;
  names: string;
  image(digest: string): { dir: string; app: string; about: string };
  replica(id: string): ReplicaPaths;
};

/** Folders with this ending are half made or half removed, and cleared away at the next start. */
export const UNFINISHED = ".unfinished";

export const enginePaths = (agentDir: string): EnginePaths => {
  const root = join(agentDir, "process");
  const images = join(root, "images");
  const replicas = join(root, "replicas");
  return {
    root,
    images,
    replicas,
    launcher: join(root, "launcher.ts"),
    names: join(root, "names.json"),
    image(digest) {
      const dir = join(images, digest.slice("sha256:".length));
      return { dir, app: join(dir, "app"), about: join(dir, "image.json") };
    },
    replica: (id) => replicaPaths(join(replicas, id)),
  };
};

export const replicaPaths = (dir: string): ReplicaPaths => ({
  dir,
  record: join(dir, "record.json"),
  app: join(dir, "app"),
  home: join(dir, "home"),
  tmp: join(dir, "tmp"),
  hosts: join(dir, "hosts"),
  passwd: join(dir, "passwd"),
  group: join(dir, "group"),
  launchSpec: join(dir, "launch.json"),
  status: join(dir, "status.jsonl"),
  stdout: join(dir, "stdout.log"),
  stderr: join(dir, "stderr.log"),
});
