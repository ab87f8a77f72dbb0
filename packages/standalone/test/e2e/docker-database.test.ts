import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callDocker } from "@homeport/kit/test/docker/api.ts";
import { sharedDocker } from "@homeport/kit/test/docker.ts";
import { ensureDatabaseImages } from "./database-images/build.ts";
import { dockerEnvironment } from "./docker-environment.ts";
import { fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
setDefaultTimeout(4 * MINUTE);

let platform: TestPlatform;
let socketPath: string;
const dir = mkdtempSync(join(tmpdir(), "hp-databases-"));

/** Reads and writes what it is told to, in both databases, by the variables it got. */
const SERVER = `
import { RedisClient, SQL } from "bun";
const sql = new SQL(process.env.DATABASE_URL, { max: 1, connectionTimeout: 10 });
const connect = () => new RedisClient(process.env.REDIS_URL, { connectionTimeout: 10_000 });
const rows = async () => (await sql\`select text from notes order by id\`).map(({ text }) => text);
Bun.serve({
  port: Number(process.env.PORT),
  hostname: "0.0.0.0",
  error: (err) => new Response(String(err), { status: 500 }),
  routes: {
    "/": new Response("ready"),
    "/rows": async () => Response.json(await rows()),
    "/rows/:text": async ({ params }) => {
      await sql\`create table if not exists notes (id bigserial primary key, text text not null)\`;
      await sql\`insert into notes (text) values (\${params.text})\`;
      return Response.json(await rows());
    },
    "/keys/:key": async ({ params }) => Response.json(await connect().get(params.key)),
    "/keys/:key/:value": async ({ params }) => Response.json(await connect().set(params.key, params.value)),
    "/anonymous": async () => {
      const { hostname, port } = new URL(process.env.REDIS_URL);
      const client = new RedisClient("redis://" + hostname + ":" + port, { connectionTimeout: 10_000 });
      return client.get("x").then(() => new Response("let in"), (err) => new Response(String(err.message)));
    },
    "/credentials": () => Response.json([process.env.PGPASSWORD, process.env.REDIS_PASSWORD]),
  },
});
`;

beforeAll(async () => {
  const env = await dockerEnvironment();
  const docker = await sharedDocker();
  socketPath = docker.socketPath;
  await ensureDatabaseImages(docker);
  platform = await startPlatform("docker", env);
  await platform.client.deployments.projects.create({ slug: "shop" });
  writeFiles(dir, {
    Dockerfile: 'FROM oven/bun:1\nWORKDIR /app\nCOPY server.ts .\nCMD ["bun", "server.ts"]\n',
    "server.ts": SERVER,
  });
}, 6 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

/** All that was printed to a person, to be searched for what must not be in it. */
const printed: string[] = [];
const cli = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await platform.cli([...args, "--project", "shop"]);
  printed.push(stdout, stderr);
  if (code !== 0) throw new Error(`homeport ${args.join(" ")} exited ${code}:\n${stdout}${stderr}`);
  return stdout;
};
const ask = async (url: string, path: string): Promise<unknown> => {
  const response = await fetchHost(platform, url, path);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
};
const serviceUrl = async (service: string): Promise<string> =>
  (await platform.client.deployments.services.get({ project: "shop", service })).url;

test("databases are added, a service is bound to them, and what it wrote is there after they were deployed anew", async () => {
  expect(await cli("add", "postgres", "--service", "db", "--wait")).toBe("db:5432\n");
  const source = { kind: "upload" } as const;
  await platform.client.deployments.services.create({ project: "shop", slug: "notes", source });
  expect(await cli("add", "valkey", "--service", "cache", "--bind", "notes", "--wait")).toBe("cache:6379\n");
  expect(await cli("bind", "--service", "notes", "--to", "db")).toContain("notes gets DATABASE_URL");
  await cli("deploy", dir, "--service", "notes", "--wait");
  const url = await serviceUrl("notes");

  expect(await ask(url, "/rows/first")).toEqual(["first"]);
  expect(await ask(url, "/keys/colour/green")).toBe("OK");
  expect(await (await fetchHost(platform, url, "/anonymous")).text()).toContain("NOAUTH");

  for (const service of ["db", "cache"]) await cli("deploy", "--service", service, "--wait");
  expect(await ask(url, "/rows/second")).toEqual(["first", "second"]);
  expect(await ask(url, "/keys/colour")).toBe("green");
});

test("nobody is told the credentials: no command, no log, no list of processes; and nobody outside reaches a database", async () => {
  const passwords = (await ask(await serviceUrl("notes"), "/credentials")) as string[];
  expect(passwords.map((password) => password.length)).toEqual([32, 32]);
  for (const service of ["db", "cache", "notes"]) {
    await cli("logs", "--service", service);
    await cli("env", "list", "--service", service);
    await cli("bind", "--service", service);
  }
  const containers = (await (await callDocker(socketPath, "/containers/json")).json()) as {
    Id: string;
    Names: string[];
    Command: string;
  }[];
  const ours = containers.filter(({ Names }) => Names.some((name) => /^\/hp-(db|cache)-/.test(name)));
  expect(ours).toHaveLength(2);
  for (const { Id, Command } of ours) {
    const { Processes } = (await (await callDocker(socketPath, `/containers/${Id}/top`)).json()) as {
      Processes: string[][];
    };
    // The servers run as somebody else than root.
    expect(Processes.filter(([user]) => user === "root")).toEqual([]);
    printed.push(Command, JSON.stringify(Processes));
  }
  printed.push(await Bun.file(join(platform.dataDir, "homeport.log")).text());
  const all = printed.join("\n");
  expect(all).toContain("database system is ready to accept connections");
  for (const password of passwords) expect(all.includes(password)).toBe(false);
  for (const service of ["db", "cache"]) {
    expect((await fetchHost(platform, await serviceUrl(service))).status).toBe(404);
  }
});
