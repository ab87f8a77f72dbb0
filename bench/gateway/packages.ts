/** What is measured against, as Debian names packages and programs. */
const PROGRAMS = { nginx: "nginx-light", haproxy: "haproxy", caddy: "caddy", wrk: "wrk" };
export type Program = keyof typeof PROGRAMS;

const INSTALL_MS = 240_000;
/** Daemons are there, where a shell of an ordinary user does not look. */
const SEARCH_PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

const find = (program: string): string | null => Bun.which(program, { PATH: SEARCH_PATH });

/**
 * The path of each program; what is missing is installed from Debian when this process is root. Services that Debian
 * starts with an installation are stopped again; those that were there before are left alone.
 * @throws {Error} naming what is missing
 */
export const ensurePrograms = async (): Promise<Record<Program, string>> => {
  const missing = Object.entries(PROGRAMS).filter(([program]) => find(program) === null);
  if (missing.length > 0) await install(missing.map(([, name]) => name));
  for (const [program] of missing) {
    if (program !== "wrk" && find("service") !== null) await run(["service", program, "stop"]);
  }
  const path = (program: Program): string => {
    const found = find(program);
    if (found === null) throw new Error(`${program} is not here after the installation of ${PROGRAMS[program]}.`);
    return found;
  };
  return { nginx: path("nginx"), haproxy: path("haproxy"), caddy: path("caddy"), wrk: path("wrk") };
};

const install = async (names: readonly string[]): Promise<void> => {
  if (process.getuid?.() !== 0 || find("apt-get") === null) {
    throw new Error(`Missing: ${names.join(", ")}. Install them, or run this as root on Debian.`);
  }
  await run(["apt-get", "update"]);
  const { code, output } = await run(["apt-get", "install", "--yes", "--no-install-recommends", ...names]);
  if (code !== 0) throw new Error(`apt-get install ${names.join(" ")} failed:\n${output.slice(-2_000)}`);
};

const run = async (argv: string[]): Promise<{ code: number; output: string }> => {
  const child = Bun.spawn(argv, {
    env: { ...process.env, PATH: SEARCH_PATH, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INSTALL_MS,
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: stdout + stderr };
};
