import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type CliResult, freePort, processEnv, ROOT, run } from "../e2e/platform.ts";
import type { Ask } from "./house.ts";
import type { Piece } from "./places.ts";

const UP_MS = 180_000;

/** What bin/up starts, in a data folder of its own; nobody has claimed it. */
export type LivePlatform = {
  dataDir: string;
  port: number;
  ask: Ask;
  up(): Promise<CliResult>;
  down(): Promise<CliResult>;
  cli(token: string, args: readonly string[]): Promise<CliResult>;
  /** Ends everything and removes the data. */
  stop(): Promise<void>;
};

/** Not started yet: that is `up`. */
export const livePlatform = async (): Promise<LivePlatform> => {
  const dataDir = mkdtempSync(join(tmpdir(), "hp-live-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = { ...processEnv(), HOMEPORT_LOG_LEVEL: "trace" };
  const bin = (args: string[]) => run([join(ROOT, "bin/up"), ...args, "--data", dataDir], { env, timeoutMs: UP_MS });
  const down = () => bin(["--stop"]);
  return {
    dataDir,
    port,
    up: () => bin(["--detach", "--port", String(port), "--engine", "process"]),
    down,
    ask: async (method, path, { headers = {}, json, form } = {}) => {
      const type = json === undefined ? "application/x-www-form-urlencoded" : "application/json";
      const body = json === undefined ? (form === undefined ? null : new URLSearchParams(form)) : JSON.stringify(json);
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: { ...(body === null ? {} : { "content-type": type }), ...headers },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(60_000),
      });
      return { status: response.status, body: await response.text(), headers: response.headers };
    },
    cli: (token, args) =>
      run([join(ROOT, "bin/homeport"), ...args], {
        env: { ...processEnv(), HOMEPORT_URL: `http://localhost:${port}`, HOMEPORT_TOKEN: token },
        timeoutMs: UP_MS,
      }),
    async stop() {
      await down();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** Every file below a folder; sockets and what is gone meanwhile left out. */
export function* filePieces(root: string): Generator<Piece> {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      yield { place: `file ${relative(root, path)}`, bytes: readFileSync(path) };
    } catch {
      // removed by the platform since the folder was read
    }
  }
}

const PID_FILES = ["supervisor.pid", "gateway.pid", "apps.pid", "valkey.pid", "postgres/postmaster.pid"];

/** The command line and the environment of each process of the platform, as the kernel shows them. */
export function* processPieces(dataDir: string): Generator<Piece> {
  for (const file of PID_FILES.filter((each) => existsSync(join(dataDir, each)))) {
    for (const what of ["cmdline", "environ"])
      yield { place: `process ${file} ${what}`, bytes: told(dataDir, file, what) };
  }
}

/** A variable that the process of the apps was started with. */
export const appsVariable = (dataDir: string, name: string): string =>
  told(dataDir, "apps.pid", "environ")
    .toString("utf8")
    .split("\0")
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

const told = (dataDir: string, pidFile: string, what: string): Buffer => {
  const text = readFileSync(join(dataDir, pidFile), "utf8");
  const pid = text.startsWith("{") ? (JSON.parse(text) as { pid: number }).pid : Number(text.split("\n")[0]);
  return readFileSync(`/proc/${pid}/${what}`);
};
