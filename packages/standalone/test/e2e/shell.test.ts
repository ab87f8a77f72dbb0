import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFrame, encodeFrame } from "@homeport/kit/terminal-frames.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { openSocket } from "@homeport/sdk";
import { ROOT, startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
const LONG = { timeoutMs: 30_000 };
const TARGET = ["--project", "shop", "--service", "api"];
const PATH = "/api/v1/deployments/projects/shop/services/api/shell";
const dir = mkdtempSync(join(tmpdir(), "hp-shell-"));
let platform: TestPlatform;
let token: { id: string; token: string };

const newToken = async (scopes: string[]): Promise<{ id: string; token: string }> => {
  const response = await fetch(`${platform.url}/api/v1/auth/tokens`, {
    method: "POST",
    headers: { cookie: platform.cookie, "content-type": "application/json" },
    body: JSON.stringify({ name: `shell ${Bun.randomUUIDv7()}`, scopes }),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as { id: string; token: string };
};

beforeAll(async () => {
  platform = await startPlatform("process", {});
  writeFiles(dir, smallServer("one"));
  await platform.cliJson(["deploy", dir, ...TARGET, "--wait"]);
  token = await newToken(["*", "replica:shell"]);
}, 5 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const withToken = () => ({ env: { HOMEPORT_TOKEN: token.token } });

/** Processes that were started in a shell. */
const shellProcesses = (): string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "latin1").includes("HOMEPORT_SHELL=");
    } catch {
      return false;
    }
  });

/** A shell without the command line. */
const openShell = async (query: Record<string, string> = {}, as = token.token) => {
  const socket = await openSocket({ url: platform.url, token: () => as }, PATH, query);
  const shown: Uint8Array[] = [];
  const ends: object[] = [];
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") return;
    const frame = decodeFrame(new Uint8Array(data as ArrayBuffer));
    if (frame?.kind === "data") shown.push(frame.bytes);
    else if (frame !== null) ends.push(frame);
  };
  socket.onclose = ({ code, reason }) => closed.resolve({ code, reason });
  return {
    socket,
    ends,
    closed: closed.promise,
    text: () => Buffer.concat(shown).toString(),
    size: () => shown.reduce((sum, { length }) => sum + length, 0),
    type: (text: string) =>
      socket.send(encodeFrame({ kind: "data", bytes: new TextEncoder().encode(text) }) as Uint8Array<ArrayBuffer>),
    until: (text: string) =>
      waitFor(() => Buffer.concat(shown).includes(text), { ...LONG, message: `${text} is shown` }),
  };
};

/** `homeport shell` in a terminal of its own. */
const inTerminal = (args: string[]) => {
  let shown = "";
  const child = Bun.spawn(["setsid", "--ctty", "--wait", join(ROOT, "bin/homeport"), "shell", ...TARGET, ...args], {
    terminal: new Bun.Terminal({
      cols: 97,
      rows: 31,
      data(_, bytes) {
        shown += Buffer.from(bytes).toString();
      },
    }),
    env: { ...process.env, HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: token.token },
  });
  const terminal = child.terminal as Bun.Terminal;
  return {
    terminal,
    exited: child.exited.finally(() => terminal.close()),
    shown: () => shown,
    until: (text: string) => waitFor(() => shown.includes(text), { ...LONG, message: `${text} is shown` }),
  };
};

test(
  "a person works in a replica: with its variables, in a terminal of their size, and leaves with its exit code",
  async () => {
    const { terminal, exited, until } = inTerminal([]);
    await until("$ ");
    terminal.write("echo port-$((PORT > 0))-$PWD; stty size\r");
    await until("port-1-/app");
    await until("31 97");
    terminal.resize(120, 40);
    terminal.write("stty size\r");
    await until("40 120");
    terminal.write("echo in-$((1+1)); sleep 1000\r");
    await until("in-2");
    terminal.write("\x03");
    await until("^C");
    terminal.write("exit 7\r");
    expect(await exited).toBe(7);
    await waitFor(() => shellProcesses().length === 0, LONG);
  },
  2 * MINUTE,
);

test(
  "~. ends it, whatever runs",
  async () => {
    const { terminal, exited } = inTerminal(["--", "sleep", "1000"]);
    await waitFor(() => shellProcesses().length > 0, LONG);
    terminal.write("\r~.");
    expect(await exited).toBe(0);
    await waitFor(() => shellProcesses().length === 0, LONG);
  },
  MINUTE,
);

test(
  "without a terminal a command runs, and a shell is refused",
  async () => {
    const ran = await platform.cli(
      ["shell", ...TARGET, "--", "bun", "-e", "console.log('out'); process.exit(3)"],
      withToken(),
    );
    expect([ran.code, ran.stdout.replaceAll("\r", "")]).toEqual([3, "out\n"]);
    const reader = await platform.cli(["shell", ...TARGET, "--", "cat"], withToken());
    expect([reader.code, reader.stdout.replaceAll("\r", "")]).toEqual([0, ""]); // its input is at its end
    const refused = await platform.cli(["shell", ...TARGET], withToken());
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("needs a terminal")]);
  },
  MINUTE,
);

test(
  "only a token that names it opens one, and who asks is told why not",
  async () => {
    const broad = await platform.cli(["shell", ...TARGET, "--", "true"]);
    expect(broad.code).toBe(1);
    expect(broad.stderr).toContain("replica:shell");
    const none = await platform.cli(["shell", ...TARGET, "--replica", "9", "--", "true"], withToken());
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("Replica 9 does not run")]);
  },
  MINUTE,
);

test(
  "the audit log has who opened it, and how it ended, and nothing of what was typed",
  async () => {
    const secret = `typed-${Bun.randomUUIDv7()}`;
    const shell = await openShell();
    shell.type(`echo ${secret}; exit 5\n`);
    expect(await shell.closed).toMatchObject({ code: 1000 });
    expect(shell.ends).toEqual([{ kind: "exit", code: 5 }]);
    let text = "";
    await waitFor(async () => {
      // an entry is a text within each line, as it was signed
      text = (await platform.cli(["audit", "export"])).stdout.replaceAll("\\", "");
      return /"exitCode": ?5/.test(text);
    }, LONG).catch((cause: unknown) => {
      throw new Error(`No end in ${text.slice(0, 3000)}`, { cause });
    });
    expect(text).toMatch(/"state": ?"opened"/);
    expect(text).toContain("replica:shell");
    expect(text).not.toContain(secret);
  },
  MINUTE,
);

test(
  "ten MiB come whole, and five are the most that a service has open",
  async () => {
    const size = 10 * 1024 * 1024;
    const shell = await openShell({ command: JSON.stringify(["head", "-c", String(size), "/dev/zero"]) });
    const others = await Promise.all([1, 2, 3, 4].map(() => openShell()));
    await Promise.all(others.map((each) => each.until("$ ")));
    const sixth = await openShell();
    expect(await sixth.closed).toMatchObject({ code: 4429 });
    expect(await shell.closed).toMatchObject({ code: 1000 });
    expect(shell.size()).toBe(size);
    for (const each of others) each.socket.close();
    await waitFor(() => shellProcesses().length === 0, LONG);
  },
  2 * MINUTE,
);

test(
  "an open one ends with the token that opened it",
  async () => {
    const own = await newToken(["*", "replica:shell"]);
    const shell = await openShell({}, own.token);
    await shell.until("$ ");
    const from = performance.now();
    const gone = await fetch(`${platform.url}/api/v1/auth/tokens/${own.id}`, {
      method: "DELETE",
      headers: { cookie: platform.cookie, "content-type": "application/json" },
      body: "{}",
    });
    expect(gone.status).toBeLessThan(300);
    expect(await shell.closed).toMatchObject({ code: 4403 });
    expect(performance.now() - from).toBeLessThan(5_000);
    await waitFor(() => shellProcesses().length === 0, LONG);
  },
  MINUTE,
);
