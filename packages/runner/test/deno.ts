import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureImage } from "@homeport/kit/test/base-images/build.ts";
import { run } from "@homeport/kit/test/docker/command.ts";
import { deno } from "../src/detect/presets/deno.ts";

/** The real Deno from npm, as one file. */
export const installDeno = async (dir: string): Promise<string> => {
  const folder = join(dir, "deno");
  await mkdir(folder);
  await Bun.write(join(folder, "package.json"), "{}");
  const name = `@deno/linux-${process.arch}-glibc`;
  const npm = ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", "--force"];
  await run([...npm, `${name}@${deno.versions.usual}`], 180_000);
  return realpathSync(join(folder, "node_modules", name, "deno"));
};

/** The same as the image that the preset starts from. */
export const denoImage = (socketPath: string, program: string): Promise<void> =>
  ensureImage(socketPath, {
    tags: [`denoland/deno:${deno.versions.usual}`],
    programs: { "/bin/busybox": realpathSync(Bun.which("busybox") ?? "/bin/busybox"), "/usr/bin/deno": program },
    links: {},
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    command: ["deno"],
    workingDir: "/",
  });
