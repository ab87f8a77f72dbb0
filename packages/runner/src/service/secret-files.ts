import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Secret } from "@homeport/kit/secret.ts";

/**
 * Writes values into files of the job's folder that only the runner's own user can read, for a container engine's client.
 * They go with the folder; no sandbox sees them, and the source lies in another one.
 */
export const writeSecretFiles = async (
  jobDir: string,
  values: ReadonlyMap<string, Secret>,
): Promise<Record<string, string>> => {
  if (values.size === 0) return {};
  const folder = join(jobDir, "secrets");
  await mkdir(folder, { mode: 0o700 });
  const files: Record<string, string> = {};
  for (const [name, value] of values) {
    const path = join(folder, name);
    await writeFile(path, value.reveal(), { mode: 0o600, flag: "wx" });
    files[name] = path;
  }
  return files;
};
