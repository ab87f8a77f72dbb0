import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

/**
 * A place to fetch sources in on a machine that lets nobody make a sandbox, as a runner in a container. Nothing of the
 * source may be run here: commands are the runner's own (git), as its own user. What the source says is run by the
 * container engine.
 */
export const openPlainFolder = async (jobDir: string): Promise<Sandbox> => {
  const folders = { app: join(jobDir, "app"), tmp: join(jobDir, "tmp"), home: join(jobDir, "home") };
  for (const folder of Object.values(folders)) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  return {
    user: null,
    command: (argv, { folder = "", env = {} } = {}) => ({
      argv,
      cwd: join(folders.app, folder),
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folders.home, TMPDIR: folders.tmp, LANG: "C.UTF-8", ...env },
    }),
    placeOf: (shown) => shown,
  };
};
