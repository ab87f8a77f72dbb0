import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type Client, createClient } from "@homeport/sdk";

export const ROOT = join(import.meta.dir, "../../../..");

export type Engine = "docker" | "process";

export type CliResult = { code: number; stdout: string; stderr: string };

/** A platform as a person has it: started by bin/up in a data folder of its own, used from outside only. */
export type TestPlatform = {
  url: string;
  port: number;
  dataDir: string;
  token: string;
  cookie: string;
  client: Client;
  /** Runs bin/homeport with the admin's token. */
  cli(args: string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<CliResult>;
  /** The same with --json, parsed; fails when it exits with anything but 0. */
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came back
  cliJson(args: string[], options?: { cwd?: string }): Promise<any>;
  /** Starts it again in the same data folder. */
  up(): Promise<void>;
  down(args?: string[]): Promise<void>;
  /** Ends everything and removes the data. */
  stop(): Promise<void>;
};

const UP_MS = 180_000;
const CLI_MS = 300_000;

export const startPlatform = async (engine: Engine, env: Record<string, string> = {}): Promise<TestPlatform> => {
  const dataDir = mkdtempSync(join(tmpdir(), "hp-e2e-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const common = { ...processEnv(), ...env };
  const up = async (): Promise<void> => {
    const argv = [join(ROOT, "bin/up"), "--detach", "--port", String(port), "--data", dataDir, "--engine", engine];
    const result = await run(argv, { env: common, timeoutMs: UP_MS });
    if (result.code !== 0) throw new Error(`bin/up failed:\n${result.stderr}\n${logOf(dataDir)}`);
    if (!result.stdout.includes(`Homeport is ready at ${url}`)) throw new Error(`bin/up said: ${result.stdout}`);
  };
  const down = async (args: string[] = []): Promise<void> => {
    const argv = [join(ROOT, "bin/up"), "--stop", "--data", dataDir, ...args];
    const result = await run(argv, { env: common, timeoutMs: UP_MS });
    if (result.code !== 0) throw new Error(`bin/up --stop failed:\n${result.stderr}`);
  };
  await up();
  const { token, cookie } = await claim(url, dataDir);
  const cli: TestPlatform["cli"] = (args, options = {}) =>
    run([join(ROOT, "bin/homeport"), ...args], {
      env: {
        ...common,
        HOMEPORT_URL: url,
        HOMEPORT_TOKEN: token,
        ...options.env,
        ...(options.cwd === undefined ? {} : { PWD: options.cwd }),
      },
      timeoutMs: CLI_MS,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  await waitFor(
    async () => (await createClient({ url, token: () => token }).clusters.nodes.list({})).items[0]?.state === "online",
    {
      timeoutMs: 30_000,
      message: "the node is online",
    },
  );
  return {
    url,
    port,
    dataDir,
    token,
    cookie,
    client: createClient({ url, token: () => token }),
    cli,
    async cliJson(args, options) {
      const result = await cli([...args, "--json"], options);
      if (result.code !== 0)
        throw new Error(
          `homeport ${args.join(" ")} exited ${result.code}:\n${result.stdout}${result.stderr}\n${logOf(dataDir)}`,
        );
      return JSON.parse(result.stdout);
    },
    up,
    down,
    async stop() {
      await down();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

const claim = async (url: string, dataDir: string): Promise<{ token: string; cookie: string }> => {
  const setupToken = readFileSync(join(dataDir, "setup-token"), "utf8").trim();
  const body = { token: setupToken, email: "ada@example.com", name: "Ada", password: "correct horse battery" };
  const setup = await postJson(`${url}/api/v1/auth/setup`, body);
  const cookie = (setup.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const made = await postJson(`${url}/api/v1/auth/tokens`, { name: "e2e" }, { cookie });
  const { token } = (await made.json()) as { token: string };
  return { token, cookie };
};

const postJson = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status !== 201) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return response;
};

const logOf = (dataDir: string): string => {
  const file = join(dataDir, "homeport.log");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(-40).join("\n") : "";
};

/** What a test's child processes inherit: paths and the settings of package managers, nothing of the test run. */
export const processEnv = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        (/^(PATH|HOME|LANG|TMPDIR|USER)$/.test(entry[0]) ||
          /^(https?_proxy|no_proxy|npm_config_.*|bun_config_.*)$/i.test(entry[0])),
    ),
  );

export const run = async (
  argv: string[],
  options: { env?: Record<string, string>; cwd?: string; timeoutMs: number; stdin?: string },
): Promise<CliResult> => {
  const child = Bun.spawn(argv, {
    env: options.env ?? processEnv(),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs,
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

/** Fetches from a tenant's host. Names below localhost are this machine, whatever its resolver says. */
export const fetchHost = (
  platform: TestPlatform,
  serviceUrl: string,
  path = "/",
  init: RequestInit = {},
): Promise<Response> =>
  fetch(`http://127.0.0.1:${platform.port}${path}`, {
    ...init,
    headers: { ...(init.headers as Record<string, string> | undefined), host: new URL(serviceUrl).host },
    redirect: "manual",
    signal: AbortSignal.timeout(15_000),
  });
