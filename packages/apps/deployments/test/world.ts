import { emit } from "@homeport/kit/events/emit.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { app } from "../src/index.ts";
import { createStandIns, type StandIns } from "./stand-ins.ts";

type Answer = Awaited<ReturnType<TestApp["json"]>>;
type Headers = Record<string, string>;

export const GIT = { kind: "git", url: "https://example.com/shop/api.git" };

/** The real app, with stand-ins for the apps that it calls. Paths are below /api/v1/deployments. */
export type World = TestApp &
  StandIns & {
    owner: Headers;
    get(path: string, headers?: Headers): Promise<Answer>;
    post(path: string, body?: unknown, headers?: Headers): Promise<Answer>;
    put(path: string, body: unknown, headers?: Headers): Promise<Answer>;
    patch(path: string, body: unknown, headers?: Headers): Promise<Answer>;
    remove(path: string, headers?: Headers, body?: unknown): Promise<Answer>;
    submit(path: string, fields: Record<string, string>, headers?: Headers): Promise<Response>;
    page(path: string, headers?: Headers): Promise<{ status: number; html: string }>;
    /** Makes a service in a project of its own; its path. */
    newService(input?: Record<string, unknown>): Promise<{ path: string; project: string; body: Answer["body"] }>;
    deploy(path: string, body?: unknown): Promise<Answer["body"]>;
    /** Waits until a deployment is in this state. */
    untilState(path: string, id: string, state: string): Promise<Answer["body"]>;
    /** Waits until ci has the job of a deployment. */
    untilJob(id: string): Promise<unknown>;
    /** Waits until the stepper has nothing due, then keeps it from looking again by itself. */
    freeze(id: string): Promise<void>;
    emit(app: "ci" | "clusters", type: string, subject: string): Promise<void>;
    deployLive(path: string): Promise<Answer["body"]>;
  };

export const startWorld = async (): Promise<World> => {
  const standIns = createStandIns();
  const test = await startTestApp(app, { others: standIns.others });
  const owner = test.home.headers("owner");
  const api = (path: string) => `/api/v1/deployments${path}`;
  let count = 0;
  const world: World = {
    ...test,
    ...standIns,
    owner,
    get: (path, headers = owner) => test.json("GET", api(path), headers),
    post: (path, body = {}, headers = owner) => test.json("POST", api(path), headers, body),
    put: (path, body, headers = owner) => test.json("PUT", api(path), headers, body),
    patch: (path, body, headers = owner) => test.json("PATCH", api(path), headers, body),
    remove: (path, headers = owner, body = undefined) => test.json("DELETE", api(path), headers, body),
    submit: (path, fields, headers = owner) =>
      test.request(path, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams(fields),
      }),
    async page(path, headers = owner) {
      const response = await test.request(path, { headers });
      return { status: response.status, html: await response.text() };
    },
    async newService(input = {}) {
      count += 1;
      const project = `shop${count}`;
      await world.post("/projects", { slug: project });
      const made = await world.post(`/projects/${project}/services`, { slug: "api", source: GIT, ...input });
      if (made.status !== 201) throw new Error(`no service: ${JSON.stringify(made.body)}`);
      return { path: `/projects/${project}/services/${made.body.slug}`, project, body: made.body };
    },
    async deploy(path, body = {}) {
      const started = await world.post(`${path}/deployments`, body);
      if (started.status !== 202) throw new Error(`not deployed: ${JSON.stringify(started.body)}`);
      return started.body;
    },
    untilState: (path, id, state) =>
      waitFor(
        async () => {
          const { body } = await world.get(`${path}/deployments/${id}`);
          return body.state === state ? body : null;
        },
        { timeoutMs: 15_000, message: `the deployment is ${state}` },
      ),
    untilJob: (id) => waitFor(() => [...standIns.jobs.values()].some((job) => job.key === id), { timeoutMs: 15_000 }),
    async freeze(id) {
      await waitFor(async () => {
        const frozen = await test.database.admin`
          update deployments.deployments set step_at = now() + interval '1 hour'
          where id = ${id} and lease_until is null and step_at > now()
          returning id`;
        return frozen.length === 1;
      });
    },
    async emit(source, type, subject) {
      await emit(test.database.admin, { type, source, subject, organisationId: test.home.id, data: {} });
    },
    async deployLive(path) {
      const { id } = await world.deploy(path);
      const { workloadId } = (await world.get(path)).body;
      await world.untilJob(id);
      const job = standIns.succeedBuild(id);
      await world.emit("ci", "ci.job.succeeded", job.id);
      await waitFor(() => standIns.workloads.get(workloadId)?.rollout.state === "running", { timeoutMs: 15_000 });
      standIns.endRollout(workloadId, "succeeded");
      await world.emit("clusters", "clusters.rollout.succeeded", workloadId);
      return world.untilState(path, id, "live");
    },
  };
  return world;
};
