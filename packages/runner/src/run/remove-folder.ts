import { rm } from "node:fs/promises";

/**
 * Removes a folder that a build has written to. Builds may leave folders that nobody may change, as some package
 * managers do with their caches; whoever owns them may still allow it. Links are removed, not followed.
 */
export const removeFolder = async (folder: string): Promise<void> => {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (err) {
    if (!(err instanceof Error && "code" in err && (err.code === "EACCES" || err.code === "EPERM"))) throw err;
    const argv = ["chmod", "--recursive", "u+rwX", "--", folder];
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
    await Bun.spawn(argv, { env, stdio: ["ignore", "ignore", "ignore"], timeout: 120_000 }).exited;
    await rm(folder, { recursive: true, force: true });
  }
};
