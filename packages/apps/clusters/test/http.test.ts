import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { WORKLOADS_KEY } from "@homeport/kit/registry/keys.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { app } from "../src/index.ts";
import { projectId, putOf } from "./world.ts";

let platform: TestApp;
let deployments: Record<string, string>;
let agent: Record<string, string>;
const nodeId = newId();
beforeAll(async () => {
  platform = await startTestApp(app);
  deployments = await platform.asApp("deployments");
  agent = await platform.identity({ kind: "agent", nodeId });
}, 60_000);
afterAll(() => platform.stop());

const api = (path: string) => `/api/v1/clusters${path}`;
const hello = {
  name: "node-1",
  engine: "process",
  engineVersion: "1.4.5",
  version: "0.1.0",
  os: "linux",
  arch: "x64",
  capacity: { cpus: 2, memoryMiB: 4096 },
};
const sayHello = () => platform.json("POST", api("/agent/hello"), agent, hello);
const own = (id: string, generation: number, release = {}) =>
  putOf(id, generation, release, { organisationId: platform.home.id });
const put = (body: ReturnType<typeof own>) => {
  const { workloadId, ...rest } = body;
  return platform.json("PUT", api(`/workloads/${workloadId}`), deployments, rest);
};
const get = (id: string) => platform.json("GET", api(`/workloads/${id}`), platform.home.headers("viewer"));
const report = (replicas: object[], fields: object = {}) =>
  platform.json("POST", api("/agent/observed"), agent, {
    nodeId,
    generation: Number.MAX_SAFE_INTEGER,
    replicas,
    ...fields,
  });

describe("the agent", () => {
  test("says hello and gets its desired state, which no other agent gets", async () => {
    expect((await platform.json("GET", api("/agent/desired"), agent)).status).toBe(409);
    expect(await sayHello()).toMatchObject({ status: 200, body: { nodeId, generation: 1 } });
    expect(await platform.json("GET", api("/agent/desired?after=0&waitSeconds=1"), agent)).toMatchObject({
      status: 200,
      body: { nodeId, generation: 1, complete: true, replicas: [] },
    });
    const stranger = await platform.identity({ kind: "agent", nodeId: newId() });
    expect((await platform.json("GET", api("/agent/desired"), stranger)).status).toBe(409);
  });

  test("speaks for its own node only", async () => {
    expect(await report([], { nodeId: newId() })).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await report([])).toMatchObject({ status: 200, body: { accepted: true } });
  });

  test("is the only one who may", async () => {
    for (const headers of [
      deployments,
      platform.home.headers("owner"),
      await platform.identity({ kind: "runner", runnerId: "r" }),
    ]) {
      expect((await platform.json("POST", api("/agent/hello"), headers, hello)).status).toBe(404);
      expect((await platform.json("GET", api("/agent/desired"), headers)).status).toBe(404);
    }
    expect((await platform.json("GET", api("/agent/desired"), {})).status).toBe(401);
  });

  test("is told what is wrong with a report", async () => {
    const wrong = await report([{ id: "no id", state: "ready", restarts: 0 }]);
    expect(wrong).toMatchObject({ status: 400, body: { code: "invalid", errors: [{ path: "replicas.0.id" }] } });
  });
});

describe("a workload", () => {
  test("goes from a request to traffic and out again", async () => {
    await sayHello();
    const id = newId();
    const { host, port } = { host: "127.0.0.1", port: 4711 };
    expect(await put(own(id, 1, { stabilitySeconds: 0.05 }))).toMatchObject({
      status: 200,
      body: { workloadId: id, generation: 1, phase: "rolling_out", rollout: { state: "running" }, serving: null },
    });
    const poll = await platform.json("GET", api("/agent/desired?after=1&waitSeconds=20"), agent);
    const replica = poll.body.replicas.find((each: { workloadId: string }) => each.workloadId === id);
    expect(replica).toMatchObject({ desired: "running", restart: "never", env: { GREETING: "hello 1" } });
    await report([{ id: replica.id, state: "ready", restarts: 0, address: { host, port } }]);
    const live = await waitFor(async () => {
      const { body } = await get(id);
      return body.rollout.state === "succeeded" && body;
    });
    expect(live).toMatchObject({
      phase: "settled",
      serving: { generation: 1 },
      replicas: [{ role: "serving", nodeId }],
    });
    expect(JSON.stringify(live)).not.toContain("hello 1"); // variables are the agent's alone
    const route = await waitFor(async () => {
      const text = await platform.platform.valkey.hget(WORKLOADS_KEY, id);
      const parsed = text === null ? null : JSON.parse(text);
      return parsed?.targets.length > 0 && parsed;
    });
    expect(route.targets).toEqual([{ replicaId: replica.id, host, port, state: "ready" }]);

    const removal = await platform.json("DELETE", api(`/workloads/${id}`), deployments);
    expect(removal).toMatchObject({ status: 202, body: { removing: true } });
    await waitFor(async () => (await platform.platform.valkey.hexists(WORKLOADS_KEY, id)) === 0);
  });

  test("asked for twice at once is one", async () => {
    const body = own(newId(), 1);
    const answers = await Promise.all([put(body), put(body), put(body)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await put(own(body.workloadId, 1))).status).toBe(409);
  });

  test("can be given up", async () => {
    const { workloadId } = own(newId(), 1);
    await put(own(workloadId, 1));
    const path = api(`/workloads/${workloadId}/abort`);
    expect(await platform.json("POST", path, deployments, { generation: 1 })).toMatchObject({
      status: 200,
      body: { phase: "settled", rollout: { state: "aborted" } },
    });
    const missing = api(`/workloads/${newId()}/abort`);
    expect((await platform.json("POST", missing, deployments, { generation: 1 })).status).toBe(404);
  });

  test("that is gone is removed once more without complaint", async () => {
    const removal = await platform.json("DELETE", api(`/workloads/${newId()}`), deployments);
    expect(removal).toMatchObject({ status: 202, body: { removing: false } });
  });

  test("is changed by parts of the platform only", async () => {
    const { workloadId, ...body } = own(newId(), 1);
    for (const headers of [platform.home.headers("owner"), agent]) {
      expect((await platform.json("PUT", api(`/workloads/${workloadId}`), headers, body)).status).toBe(404);
      expect((await platform.json("DELETE", api(`/workloads/${workloadId}`), headers)).status).toBe(404);
    }
    expect((await platform.json("PUT", api(`/workloads/${workloadId}`), {}, body)).status).toBe(401);
  });

  test("of another organisation looks like one that does not exist", async () => {
    const { workloadId } = (await put(own(newId(), 1))).body;
    const foreign = platform.organisation("elsewhere").headers("owner");
    const hidden = await platform.json("GET", api(`/workloads/${workloadId}`), foreign);
    const missing = await platform.json("GET", api(`/workloads/${newId()}`), foreign);
    expect([hidden.status, hidden.body.detail]).toEqual([404, missing.body.detail]);
    expect((await get(workloadId)).status).toBe(200);
    expect((await platform.json("GET", api(`/workloads/${workloadId}`), deployments)).status).toBe(200);
  });

  test("is seen with a role in its project, or by a service account, and by nobody with a role in another one", async () => {
    const { workloadId } = (await put(own(newId(), 1))).body;
    const statusFor = async (headers: Record<string, string>) =>
      (await platform.json("GET", api(`/workloads/${workloadId}`), headers)).status;
    const role = { role: "viewer" as const, environmentId: null };
    expect(await statusFor(platform.home.granted([{ ...role, projectId }]))).toBe(200);
    expect(await statusFor(platform.home.service("member", [{ ...role, projectId }]))).toBe(200);
    expect(await statusFor(platform.home.granted([{ ...role, projectId: newId() }]))).toBe(404);
    expect(await statusFor(platform.home.granted([]))).toBe(404);
  });

  const wrong: [name: string, fields: object][] = [
    ["a generation of nothing", { generation: 0 }],
    ["a host that is none", { release: { ...putOf(newId(), 1).release, hosts: ["Bad_Host"] } }],
    [
      "an image by tag in our registry",
      { release: { ...putOf(newId(), 1).release, image: { repository: "a/b", digest: "latest" } } },
    ],
    ["a variable with NUL", { release: { ...putOf(newId(), 1).release, env: { A: "\0" } } }],
    ["a field nobody knows", { surprise: true }],
    ["more replicas than there may be", { release: { ...putOf(newId(), 1).release, replicas: 51 } }],
    [
      "a volume and a strategy that would have two write to it",
      {
        release: {
          ...putOf(newId(), 1).release,
          volumes: [{ volumeId: newId(), name: "data", path: "/data" }],
        },
      },
    ],
  ];
  for (const [name, fields] of wrong) {
    test(`is refused with ${name}`, async () => {
      const { workloadId, ...body } = own(newId(), 1);
      const answer = await platform.json("PUT", api(`/workloads/${workloadId}`), deployments, { ...body, ...fields });
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid" } });
      expect((await get(workloadId)).status).toBe(404);
    });
  }
});

describe("a run", () => {
  const body = () => {
    const { workloadId, organisationId, projectSlug, serviceSlug, release } = own(newId(), 1);
    const command = ["bun", "migrate.ts"];
    return { runId: newId(), workloadId, organisationId, projectId, projectSlug, serviceSlug, release, command };
  };
  const create = (input: object) => platform.json("POST", api("/runs"), deployments, input);

  test("goes from a request to its end", async () => {
    await sayHello();
    const input = body();
    const { runId, workloadId } = input;
    expect(await create(input)).toMatchObject({
      status: 201,
      body: { runId, workloadId, state: "pending", exitCode: null, reason: null, logStream: `run.${runId}` },
    });
    await waitFor(async () => {
      const { body } = await platform.json("GET", api("/agent/desired"), agent);
      return body.replicas.some(
        (replica: { id: string; kind: string }) => replica.id === runId && replica.kind === "run",
      );
    });
    await report([{ id: runId, state: "exited", restarts: 0, exitCode: 0 }]);
    const ended = await waitFor(async () => {
      const { body } = await platform.json("GET", api(`/runs/${runId}`), deployments);
      return body.state === "succeeded" && body;
    });
    expect(ended).toMatchObject({ exitCode: 0, nodeId, finishedAt: expect.any(String) });
    expect(await platform.json("POST", api(`/runs/${runId}/cancel`), deployments, {})).toMatchObject({
      status: 200,
      body: { state: "succeeded" },
    });
  });

  test("is for parts of the platform only", async () => {
    for (const headers of [platform.home.headers("owner"), platform.home.operator(), agent]) {
      expect((await platform.json("POST", api("/runs"), headers, body())).status).toBe(404);
      expect((await platform.json("GET", api(`/runs/${newId()}`), headers)).status).toBe(404);
    }
    expect((await platform.json("GET", api(`/runs/${newId()}`), deployments)).status).toBe(404);
    expect((await create({ ...body(), command: [] })).status).toBe(400);
  });
});

describe("nodes", () => {
  test("are listed page by page for operators of the instance", async () => {
    await sayHello();
    const second = await platform.identity({ kind: "agent", nodeId: newId() });
    await platform.json("POST", api("/agent/hello"), second, { ...hello, name: "node-2", engine: "docker" });
    const first = await platform.json("GET", api("/nodes?limit=1"), platform.home.operator());
    expect(first).toMatchObject({
      status: 200,
      body: { items: [{ name: "node-1", state: "online", isolates: false }] },
    });
    const rest = await platform.json("GET", api(`/nodes?cursor=${first.body.nextCursor}`), platform.home.operator());
    expect(rest.body).toMatchObject({ items: [{ name: "node-2", isolates: true }], nextCursor: null });
    expect((await platform.json("GET", api("/nodes?cursor=x"), platform.home.operator())).status).toBe(400);
    expect((await platform.json("GET", api("/nodes"), {})).status).toBe(401);
  });

  test("are not there for anybody who does not operate the instance", async () => {
    await sayHello();
    const others = [
      platform.home.headers("admin"),
      platform.organisation("elsewhere").headers("owner"),
      platform.home.service("owner"),
    ];
    for (const headers of others) {
      for (const path of ["/nodes", `/nodes/${nodeId}`]) {
        expect((await platform.json("GET", api(path), headers)).status).toBe(404);
      }
      expect((await platform.request("/nodes", { headers })).status).toBe(404);
    }
  });

  test("are shown one by one", async () => {
    await sayHello();
    const shown = await platform.json("GET", api(`/nodes/${nodeId}`), platform.home.operator());
    expect(shown).toMatchObject({ status: 200, body: { nodeId, engine: "process", capacity: { cpus: 2 } } });
    expect((await platform.json("GET", api(`/nodes/${newId()}`), platform.home.operator())).status).toBe(404);
  });

  test("have a page that says which engine does not isolate", async () => {
    await sayHello();
    const page = await platform.request("/nodes", { headers: platform.home.operator() });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain("node-1");
    expect(html).toContain("The process engine does not isolate");
    const stranger = await platform.request("/nodes", { headers: { accept: "text/html" } });
    expect([stranger.status, stranger.headers.get("location")]).toEqual([303, "/sign-in?next=%2Fnodes"]);
  });
});
