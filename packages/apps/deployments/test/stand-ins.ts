import { type BuildSecrets, type BuildSpec, NewJob } from "@homeport/ci/contract.ts";
import { CreateTask, PutWorkload } from "@homeport/clusters/contract.ts";
import type { TestAppOptions } from "@homeport/kit/test/app.ts";
import { z } from "zod";
import { CRASHED, DIGEST } from "./outside.ts";

type Job = { id: string; key: string; spec: BuildSpec; state: string; [more: string]: unknown };
/** How a question to the server of a repository is answered. */
type Listing = { state: "succeeded"; result: unknown } | { state: "failed"; reason: unknown } | { state: "queued" };
type NodeTask = z.infer<typeof CreateTask> & { state: string; [more: string]: unknown };
type Workload = z.infer<typeof PutWorkload> & { rollout: Record<string, unknown> };

const at = "2026-06-01T12:00:00.000Z";

/** The other apps as they answer over HTTP, shapes as their contracts say; what they are sent is parsed by those too. */
export const createStandIns = () => {
  const jobs = new Map<string, Job>();
  const secrets = new Map<string, BuildSecrets | undefined>();
  const questions: { url: string; secrets: BuildSecrets | undefined }[] = [];
  let listing: Listing = { state: "queued" };
  const workloads = new Map<string, Workload>();
  const removed = new Set<string>();
  const tasks = new Map<string, NodeTask>();
  const pins = new Map<string, string>();
  const streams = new Set<string>();
  const away = new Set<string>();
  const seen: string[] = [];
  const nodes: Record<string, unknown>[] = [node("process")];

  const problem = (status: number, code: string, detail: string) =>
    Response.json({ status, code, detail, title: code, type: "about:blank", requestId: "r" }, { status });

  const ci = (method: string, path: string, body: unknown): Response => {
    if (path === "/jobs" && method === "POST") {
      const input = NewJob.parse(body);
      if (input.kind === "list_refs") {
        questions.push({ url: input.spec.source.url, secrets: input.secrets });
        const job = { ...jobBase(input.organisationId), ...input, secrets: undefined, finishedAt: at, ...listing };
        return Response.json(job, { status: 201 });
      }
      secrets.set(input.key, input.secrets);
      const known = [...jobs.values()].find((job) => job.key === input.key);
      const job = known ?? { ...jobBase(input.organisationId), key: input.key, spec: input.spec, state: "queued" };
      jobs.set(job.id, job);
      return Response.json(job, { status: 201 });
    }
    if (path === "/jobs/cancel") {
      const { key } = z.strictObject({ key: z.string(), organisationId: z.uuid() }).parse(body);
      const job = [...jobs.values()].find((each) => each.key === key) ?? null;
      if (job?.state === "queued") Object.assign(job, { state: "cancelled", finishedAt: at });
      return Response.json(job);
    }
    return Response.json(jobs.get(path.slice("/jobs/".length)) ?? null);
  };

  const clusters = (method: string, path: string, body: unknown): Response => {
    if (path === "/nodes") return Response.json({ items: nodes, nextCursor: null });
    if (path === "/tasks") {
      const input = CreateTask.parse(body);
      const task = tasks.get(input.taskId) ?? { ...input, kind: input.spec.kind, state: "pending", ...openTask };
      tasks.set(input.taskId, task);
      return Response.json(task, { status: 202 });
    }
    const [, id = "", verb] = /^\/workloads\/([^/]+)(\/abort)?$/.exec(path) ?? [];
    if (method === "PUT") {
      const input = PutWorkload.parse({ ...(body as object), workloadId: id });
      if (removed.has(id)) return problem(410, "gone", "This workload was removed.");
      const known = workloads.get(id);
      if (known === undefined || known.generation < input.generation) {
        workloads.set(id, { ...input, rollout: rolloutOf(input, "running") });
      }
    }
    const workload = workloads.get(id);
    if (method === "DELETE") {
      removed.add(id);
      return Response.json({ removing: workloads.delete(id) }, { status: 202 });
    }
    if (workload === undefined) return problem(404, "not_found", "There is no such workload.");
    if (verb !== undefined && workload.rollout.state === "running") workload.rollout.state = "aborted";
    return Response.json(workloadView(workload));
  };

  const registry = (method: string, path: string, body: unknown): Response => {
    const pin = /^\/pins\/([^/]+)$/.exec(path)?.[1];
    if (pin === undefined) {
      const { reference } = z.object({ reference: z.string() }).parse(body);
      const [repository = ""] = reference.split(":");
      if (repository.includes("missing")) return problem(404, "not_found", `There is no image ${reference}.`);
      return Response.json({ repository, digest: DIGEST, mediaType: "application/x", sizeBytes: 1 });
    }
    const key = decodeURIComponent(pin);
    if (method === "DELETE") return Response.json({ removed: pins.delete(key) });
    const { repository, digest } = z.object({ repository: z.string(), digest: z.string() }).parse(body);
    pins.set(key, digest);
    return Response.json({ repository, digest });
  };

  const logging = (_method: string, _path: string, body: unknown): Response => {
    const { streamId } = z.object({ streamId: z.string() }).parse(body);
    streams.add(streamId);
    return Response.json({ ...streamBase, ...(body as object), streamId }, { status: 201 });
  };

  const apps = { ci, clusters, registry, logging };
  const others: NonNullable<TestAppOptions["others"]> = Object.fromEntries(
    Object.entries(apps).map(([app, answer]) => [
      app,
      async (request: Request) => {
        const path = new URL(request.url).pathname.slice(`/api/v1/${app}`.length);
        seen.push(`${app} ${request.method} ${path}`);
        if (away.has(app)) return new Response("no answer", { status: 502 });
        const text = await request.text();
        return answer(request.method, path, text === "" ? {} : JSON.parse(text));
      },
    ]),
  );

  const jobOf = (key: string): Job => {
    const job = [...jobs.values()].find((each) => each.key === key);
    if (job === undefined) throw new Error(`no job for ${key}`);
    return job;
  };

  return {
    others,
    jobs,
    /** What came with a build, by its key. */
    secrets,
    questions,
    answerListing(next: Listing) {
      listing = next;
    },
    workloads,
    tasks,
    pins,
    streams,
    away,
    seen,
    nodes,
    jobOf,
    succeedBuild(key: string, more: Record<string, unknown> = {}) {
      const job = jobOf(key);
      const { repository } = job.spec;
      const result = {
        repository,
        digest: DIGEST,
        commit: "abc123",
        preset: "bun",
        explanation: "There is a bun.lock.",
        ...more,
      };
      return Object.assign(job, { state: "succeeded", result, finishedAt: at });
    },
    failBuild: (key: string) => Object.assign(jobOf(key), { state: "failed", reason: CRASHED, finishedAt: at }),
    endRollout(workloadId: string, state: "succeeded" | "failed", reason?: unknown) {
      const workload = workloads.get(workloadId);
      if (workload === undefined) throw new Error(`nothing was put for ${workloadId}`);
      Object.assign(workload.rollout, { state, finishedAt: at, ...(reason === undefined ? {} : { reason }) });
    },
  };
};

export type StandIns = ReturnType<typeof createStandIns>;

export const node = (engine: "docker" | "process", state: "online" | "offline" = "online") => ({
  nodeId: Bun.randomUUIDv7(),
  name: "node-1",
  engine,
  engineVersion: "1",
  version: "1",
  capacity: { cpus: 2, memoryMiB: 1024 },
  isolates: engine === "docker",
  state,
  lastSeenAt: at,
  registeredAt: at,
  replicaCount: 0,
});

const jobBase = (organisationId: string) => {
  const id = Bun.randomUUIDv7();
  return { id, kind: "build", organisationId, attempt: 1, maxAttempts: 2, logStream: `build.${id}`, createdAt: at };
};

const rolloutOf = (input: z.infer<typeof PutWorkload>, state: string) => ({
  generation: input.generation,
  releaseId: input.release.releaseId,
  releaseNumber: input.release.number,
  state,
  startedAt: at,
  finishedAt: null,
});

const workloadView = ({ release, rollout, ...workload }: Workload) => ({
  workloadId: workload.workloadId,
  organisationId: workload.organisationId,
  projectId: workload.projectId,
  projectSlug: workload.projectSlug,
  serviceSlug: workload.serviceSlug,
  generation: workload.generation,
  phase: "rolling_out",
  rollout,
  serving: null,
  hosts: release.hosts,
  replicas: [],
});

const openTask = { result: null, reason: null, createdAt: at, finishedAt: null };

const streamBase = {
  kind: "runtime",
  serviceId: null,
  firstLine: 1,
  lastLine: 0,
  sizeBytes: 0,
  droppedLines: 0,
  createdAt: at,
  endedAt: null,
};
