import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { OpenShell } from "@homeport/clusters/contract.ts";
import { createPipes, type Pipe, type Pipes } from "@homeport/kit/pipe/pipe.ts";
import { decodeFrame, encodeFrame, type TerminalFrame } from "@homeport/kit/terminal-frames.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { handshake, openSocket, type SocketDoor, socketDoor } from "@homeport/kit/test/socket-client.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { connectValkey } from "@homeport/kit/valkey.ts";
import { app } from "../src/index.ts";
import { GIT } from "./world.ts";

const NODE = Bun.randomUUIDv7();
const SHELL = "/api/v1/deployments/projects/shop/services/api/shell";
const NAMED = ["*", "replica:shell"];

let world: TestApp;
let door: SocketDoor;
/** The node's side: another instance, with connections of its own. */
let nodePipes: Pipes;
let asked: OpenShell[] = [];
let closed: string[] = [];
/** Whether the node comes when it is asked. */
let comes = true;
let node: { pipe: Pipe; frames: TerminalFrame[] } | null = null;

const clusters = async (request: Request): Promise<Response> => {
  if (request.method === "DELETE") {
    closed.push(new URL(request.url).pathname.split("/").at(-1) ?? "");
    return Response.json({ closed: true });
  }
  const wanted = OpenShell.parse(await request.json());
  asked.push(wanted);
  const { shellId, replica = 0 } = wanted;
  if (replica > 0) {
    const problem = {
      status: 409,
      code: "conflict",
      detail: `Replica ${replica} does not run.`,
      title: "",
      type: "about:blank",
    };
    return Response.json(problem, { status: 409 });
  }
  if (comes) {
    const frames: TerminalFrame[] = [];
    const pipe = await nodePipes.open(shellId, "answerer", (bytes) => {
      const frame = decodeFrame(Buffer.from(bytes));
      if (frame !== null) frames.push(frame);
    });
    node = { pipe, frames };
    pipe.send(encodeFrame({ kind: "data", bytes: Buffer.from("first") }));
  }
  const view = { shellId, replicaId: Bun.randomUUIDv7(), replica, releaseNumber: 3, nodeId: NODE };
  return Response.json(view, { status: 201 });
};

beforeAll(async () => {
  world = await startTestApp(app, { others: { clusters } });
  door = await socketDoor(() => world.running.baseUrl.slice("unix:".length));
  const valkey = connectValkey(world.platform.config.redisUrl);
  nodePipes = createPipes(valkey);
  const post = (path: string, body: object) =>
    world.json("POST", `/api/v1/deployments${path}`, world.home.headers("owner"), body);
  await post("/projects", { slug: "shop" });
  expect((await post("/projects/shop/services", { slug: "api", source: GIT })).status).toBe(201);
}, 60_000);
afterEach(() => {
  asked = [];
  closed = [];
  comes = true;
  node = null;
});
afterAll(async () => {
  await nodePipes?.close();
  await door?.close();
  await world?.stop();
});

const open = async (query = "", headers = world.home.headers("admin", NAMED)) => {
  const socket = await openSocket(door.port, `${SHELL}${query}`, { headers });
  const frames = () =>
    socket.messages.flatMap((message) => (message instanceof Uint8Array ? [decodeFrame(message)] : []));
  const say = (frame: TerminalFrame) => socket.send(encodeFrame(frame));
  return { socket, frames, say };
};

const atNode = async () => waitFor(() => node);

const entries = () => world.database.admin<{ actor: string; after: Record<string, unknown> }[]>`
  select content::jsonb -> 'actor' ->> 'kind' as actor, content::jsonb -> 'after' as after
  from platform.audit_entries
  where content::jsonb ->> 'action' = 'replica:shell'
  order by id`;

test("owners and admins open one, with a credential that names it, and nobody else", async () => {
  const statusFor = async (role: Parameters<typeof world.home.headers>[0], scopes?: string[]) =>
    (await handshake({ port: door.port }, SHELL, world.home.headers(role, scopes))).status;
  expect(await statusFor("owner", NAMED)).toBe(101);
  expect(await statusFor("admin", NAMED)).toBe(101);
  expect(await statusFor("owner", ["*"])).toBe(403);
  for (const role of ["developer", "deployer", "auditor", "viewer"] as const) {
    expect(await statusFor(role, NAMED)).toBe(403);
  }
  expect(await statusFor("member", NAMED)).toBe(404);
});

test("what is typed and shown goes through, with sizes, until the program has ended", async () => {
  const { socket, frames, say } = await open(`?columns=101&rows=33&command=${encodeURIComponent('["node","-i"]')}`);
  const { pipe, frames: seen } = await atNode();
  expect(asked).toMatchObject([{ columns: 101, rows: 33, command: ["node", "-i"] }]);
  const all = Uint8Array.from({ length: 256 }, (_, at) => at);
  say({ kind: "data", bytes: all });
  say({ kind: "size", columns: 120, rows: 40 });
  await waitFor(() => seen.some(({ kind }) => kind === "size"));
  expect(seen.filter(({ kind }) => kind !== "taken")).toEqual([
    { kind: "data", bytes: all },
    { kind: "size", columns: 120, rows: 40 },
  ]);
  pipe.send(encodeFrame({ kind: "data", bytes: all }));
  pipe.send(encodeFrame({ kind: "exit", code: 7 }));
  expect(await socket.closed).toMatchObject({ code: 1000 });
  await pipe.ended; // what was said of it before has come too
  expect(frames().slice(1)).toEqual([
    { kind: "data", bytes: all },
    { kind: "exit", code: 7 },
  ]);
  expect(seen.filter(({ kind }) => kind === "taken")).toEqual([
    { kind: "taken", bytes: 5 },
    { kind: "taken", bytes: 256 },
  ]);
});

test("the audit log tells who opened it, and how it ended, and no arguments", async () => {
  const { socket } = await open("?command=%5B%22psql%22%2C%22secret%22%5D");
  await waitFor(() => socket.messages.length > 0);
  const before = await entries();
  expect(before.at(-1)).toMatchObject({
    actor: "person",
    after: { state: "opened", program: "psql", replica: 0, release: 3, nodeId: NODE },
  });
  (await atNode()).pipe.send(encodeFrame({ kind: "exit", code: 5 }));
  await socket.closed;
  const after = await waitFor(async () => {
    const found = await entries();
    return found.length > before.length && found;
  });
  expect(after.at(-1)).toMatchObject({ actor: "person", after: { state: "closed", exitCode: 5 } });
  expect(JSON.stringify(after)).not.toContain("secret");
});

test("nothing is shown while the audit log cannot take that it was opened", async () => {
  const { admin } = world.database;
  const release = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = admin.begin(async (tx) => {
    await tx`lock table platform.audit_entries in access exclusive mode`;
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const { socket, frames } = await open();
  await atNode(); // which has sent something already
  await waitFor(async () => {
    const waiting = await admin`
      select from pg_locks where not granted and relation = 'platform.audit_entries'::regclass`;
    return waiting.length > 0;
  });
  expect(frames()).toEqual([]);
  release.resolve();
  await holding;
  await waitFor(() => frames().length > 0);
  socket.close();
});

test("a node that is lost, or does not come, is told as such", async () => {
  const { socket, frames } = await open();
  (await atNode()).pipe.end(1006, "killed");
  expect(await socket.closed).toMatchObject({ code: 4503 });
  expect(frames().at(-1)).toMatchObject({ kind: "error", code: "node_gone" });
  comes = false;
  const alone = await open();
  expect(await alone.socket.closed).toEqual({ code: 4503, reason: "The node did not come within 10 seconds." });
  expect(closed).toEqual([asked.at(-1)?.shellId ?? ""]);
}, 30_000);

test("a replica that does not run is refused with the reason", async () => {
  const { socket } = await open("?replica=4");
  expect(await socket.closed).toEqual({ code: 4409, reason: "Replica 4 does not run." });
});

test("it ends with the access of who opened it, and the node learns of that", async () => {
  const headers = world.home.headers("admin", [...NAMED, "canvas:read"]);
  const { socket } = await open("", headers);
  const { pipe } = await atNode();
  await world.revoke(headers);
  expect(await socket.closed).toMatchObject({ code: 4403 });
  expect(await pipe.ended).toMatchObject({ code: 1000 });
});
