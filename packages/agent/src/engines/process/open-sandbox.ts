import { chmod, chown, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { DomainError } from "@homeport/kit/errors.ts";
import { log } from "../../log.ts";
import { launch } from "./launch.ts";
import { type EnginePaths, replicaPaths, UNFINISHED } from "./paths.ts";
import { writeAccounts, writeLaunchSpec } from "./prepare.ts";
import type { Sandbox, SandboxMode } from "./sandbox.ts";
import { findToolchains } from "./toolchains.ts";

/** Somebody who owns nothing. */
const PROBE_UID = 199_999;

/**
 * Finds the best way this machine has to keep workloads apart, by trying it: having bwrap proves nothing, since kernels
 * and container hosts forbid namespaces in many ways.
 *
 * @throws {DomainError} unavailable as root without a working bubblewrap: a workload must never run as root.
 */
export const openSandbox = async (paths: EnginePaths, hidden: string, searchPath: string): Promise<Sandbox> => {
  await mkdir(paths.root, { recursive: true, mode: 0o700 });
  await copyFile(new URL("./launcher.ts", import.meta.url), paths.launcher);
  await chmod(paths.launcher, 0o644);
  const isRoot = process.getuid?.() === 0;
  const toolchains = findToolchains(searchPath, process.execPath, hidden);
  const sandbox = (mode: SandboxMode): Sandbox => ({
    mode,
    toolchains: mode === "plain" ? { ...toolchains, path: searchPath } : toolchains,
    bunPath: process.execPath,
    launcherPath: paths.launcher,
    hidden,
  });
  const best = sandbox(isRoot ? "root" : "user");
  const problem = await tryOut(best, paths);
  if (problem === null) return best;
  if (isRoot) {
    const message = `Services cannot be run as processes here: as root that needs a working bubblewrap (bwrap) and setpriv. Install the packages bubblewrap and util-linux, or Docker. (${problem})`;
    throw new DomainError("unavailable", message);
  }
  log.warn(
    { problem },
    "bubblewrap does not work here: services run without a sandbox and cannot reach each other by name",
  );
  return sandbox("plain");
};

/** What went wrong, or null when a trivial workload ran to its end. */
const tryOut = async (sandbox: Sandbox, paths: EnginePaths): Promise<string | null> => {
  const probe = replicaPaths(`${paths.replicas}/probe${UNFINISHED}`);
  const uid = sandbox.mode === "root" ? PROBE_UID : null;
  try {
    for (const dir of [probe.dir, probe.app, probe.home, probe.tmp]) {
      await mkdir(dir, { recursive: true });
      if (uid !== null) await chown(dir, uid, uid);
    }
    await writeFile(probe.hosts, "127.0.0.1 localhost\n");
    await writeAccounts(probe, uid);
    await writeLaunchSpec(probe.launchSpec, uid, {
      cwd: "/app",
      argv: ["true"],
      env: { PATH: sandbox.toolchains.path },
    });
    const launched = await launch(sandbox, probe, uid);
    launched.open();
    const code = await launched.ended;
    return code === 0
      ? null
      : `a trivial program ended with exit code ${code}: ${(await Bun.file(probe.stderr).text()).slice(-300)}`;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  } finally {
    await rm(probe.dir, { recursive: true, force: true });
  }
};
