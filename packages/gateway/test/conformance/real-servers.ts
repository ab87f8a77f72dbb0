import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Fixture } from "../fixture.ts";
import { freePort } from "../gateway-process.ts";
import { RawClient } from "../raw-client.ts";
import { until } from "../until.ts";
import { haproxyConfig, nginxConfig } from "./server-configs.ts";
import { programPath } from "./server-programs.ts";

/** A server that nobody here wrote. `requests` lists what it read, "METHOD target" each, in order. */
export type RealServer = { port: number; requests(): Promise<string[]> };

type Program = { config: (port: number) => string; args: (port: number, configFile: string, dir: string) => string[] };

const PROGRAMS = {
  nginx: { config: nginxConfig, args: (_port, file, dir) => ["-p", dir, "-e", "stderr", "-c", file] },
  haproxy: { config: haproxyConfig, args: (_port, file) => ["-db", "-f", file] },
  node: { config: () => "", args: (port) => [join(import.meta.dir, "node-server.mjs"), String(port)] },
} as const satisfies Record<string, Program>;

export type ServerName = keyof typeof PROGRAMS | "bun";

export const SERVER_NAMES: readonly ServerName[] = ["nginx", "haproxy", "node", "bun"];

export const canStart = (name: ServerName): boolean => name === "bun" || programPath(name) !== null;

/** It ends with the fixture. @throws when its program is not here or does not start. */
export function startServer(name: ServerName, fixture: Fixture): Promise<RealServer> {
  return name === "bun" ? startBun(fixture) : startProgram(name, PROGRAMS[name], fixture);
}

/** A few ports are tried, since whoever else looks for a free one may be faster. */
async function startProgram(name: string, { config, args }: Program, fixture: Fixture): Promise<RealServer> {
  const dir = await mkdtemp(join(fixture.dir, `${name}-`));
  const files = { config: join(dir, "server.conf"), requests: join(dir, "requests"), errors: join(dir, "errors") };
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort();
    await Bun.write(files.config, config(port));
    const child = Bun.spawn([programPath(name) ?? name, ...args(port, files.config, dir)], {
      stdout: Bun.file(files.requests),
      stderr: Bun.file(files.errors),
    });
    fixture.defer(() => {
      child.kill("SIGKILL");
      return child.exited;
    });
    await until(`${name} listens or gives up`, async () => child.exitCode !== null || (await canConnect(port)));
    if (child.exitCode !== null) continue;
    return { port, requests: async () => (await Bun.file(files.requests).text()).split("\n").slice(0, -1) };
  }
  throw new Error(`${name} does not start: ${await Bun.file(files.errors).text()}`);
}

async function canConnect(port: number): Promise<boolean> {
  const client = await RawClient.connect(port).catch(() => null);
  client?.socket.destroy();
  return client !== null;
}

async function startBun(fixture: Fixture): Promise<RealServer> {
  const seen: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      await request.arrayBuffer();
      const { pathname, search } = new URL(request.url);
      seen.push(`${request.method} ${pathname}${search}`);
      return new Response(seen.at(-1));
    },
  });
  fixture.defer(() => server.stop(true));
  return { port: server.port ?? 0, requests: () => Promise.resolve([...seen]) };
}
