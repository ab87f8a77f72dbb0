import { existsSync } from "node:fs";
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { cacheVariables } from "../detect/caches.ts";
import { type Command, runCommand } from "../run/run-command.ts";
import { bubblewrap, SANDBOX_PROGRAMS, type SandboxLimits } from "./bubblewrap.ts";
import { type BuildUser, openBuildCache } from "./build-user.ts";
import type { ControlGroup } from "./control-group.ts";
import { BUILD_HOME, BUILD_ROOT, CACHE, SHOWN } from "./paths.ts";
import { GATE_DESCRIPTOR, STATUS_DESCRIPTOR, sandboxEnd } from "./sandbox-end.ts";
import type { Toolchain } from "./toolchain.ts";

/** Where the commands of one build run. */
export type Sandbox = {
  user: BuildUser | null;
  /**
   * A command in /app or a folder below it, with `env` on top of what every build has. `shown` is a folder of the job's
   * that this command sees too, and no other one does.
   */
  command(argv: readonly string[], options?: SandboxCommand): Command;
  /** Where a command that is given a folder as `shown` finds it. */
  placeOf(shown: string): string;
};

export type SandboxCommand = { folder?: string; env?: Readonly<Record<string, string>>; shown?: string };

export type SandboxOptions = {
  /** The job's own folder; `app`, `tmp` and `home` are made in it. */
  jobDir: string;
  cacheRoot: string;
  /** Data of the platform, which no build may see. */
  dataDir: string;
  organisationId: string;
  toolchain: Toolchain;
  limits: SandboxLimits;
  /** What all commands are held to together; absent or null where the machine has no such thing. */
  group?: ControlGroup | null;
  env: Readonly<Record<string, string>>;
};

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

export const openSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { jobDir, toolchain, limits, group = null } = options;
  const { folder: cache, user } = openBuildCache(options.cacheRoot, options.organisationId);
  const folders = { app: join(jobDir, "app"), tmp: join(jobDir, "tmp"), home: join(jobDir, "home"), cache };
  for (const folder of [folders.app, folders.tmp, folders.home]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (user !== null) await chown(folder, user.uid, user.uid);
  }
  const names = user === null ? null : await writeNames(jobDir, user);
  const wrap = (workingDir: string, shown: string | null) => (argv: readonly string[]) =>
    bubblewrap(argv, {
      folders: { ...folders, names, shown },
      toolchain,
      user,
      limits,
      hidden: [options.dataDir],
      workingDir,
      statusDescriptor: STATUS_DESCRIPTOR,
      gateDescriptor: group === null ? null : GATE_DESCRIPTOR,
    });
  return {
    user,
    command: (argv, { folder = "", env = {}, shown } = {}) => ({
      argv,
      env: { ...baseEnv(toolchain), ...options.env, ...env },
      guard: sandboxEnd(jobDir, wrap(join(BUILD_ROOT, folder), shown ?? null), group),
    }),
    placeOf: () => SHOWN,
  };
};

/** What every build has in its environment; nothing of the runner's own gets in. */
const baseEnv = (toolchain: Toolchain): Record<string, string> => ({
  PATH: toolchain.path,
  HOME: BUILD_HOME,
  USER: "build",
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  CI: "1",
  NO_COLOR: "1",
  ...cacheVariables(CACHE),
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  // Node and Bun bring certificates of their own; builds trust what the machine trusts.
  ...(existsSync(CERTIFICATES) ? { NODE_EXTRA_CA_CERTS: CERTIFICATES, SSL_CERT_FILE: CERTIFICATES } : {}),
});

/** Some programs refuse to run as a user without a name. */
const writeNames = async (jobDir: string, { uid }: BuildUser): Promise<{ passwd: string; group: string }> => {
  const names = { passwd: join(jobDir, "passwd"), group: join(jobDir, "group") };
  await Bun.write(names.passwd, `root:x:0:0:root:/:/bin/false\nbuild:x:${uid}:${uid}::${BUILD_HOME}:/bin/sh\n`);
  await Bun.write(names.group, `root:x:0:\nbuild:x:${uid}:\n`);
  return names;
};

/**
 * Whether sandboxes work on this machine, by opening one.
 *
 * @throws {BuildFailure} sandbox_unavailable, saying what to install or allow
 */
export const checkSandbox = async (sandbox: Sandbox, signal: AbortSignal): Promise<void> => {
  const missing = Object.entries(SANDBOX_PROGRAMS).filter(([program]) => Bun.which(program) === null);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
    const programs = missing.map(([program]) => program).join(", ");
    throw new BuildFailure(
      "sandbox_unavailable",
      `This machine has no ${programs}, which builds are sandboxed with. Install it: apt-get install ${packages}`,
    );
  }
  const lines: string[] = [];
  const onLine = (_stream: string, line: string): void => void lines.push(line);
  const { exitCode } = await runCommand(sandbox.command(["true"]), { onLine, signal });
  if (exitCode === 0) return;
  throw new BuildFailure(
    "sandbox_unavailable",
    "This machine does not let builds be sandboxed: bubblewrap could not make namespaces. Run the runner as root, or allow user namespaces.",
    { exitCode, lastLines: lines },
  );
};
