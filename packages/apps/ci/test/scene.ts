import type { AppDefinition } from "@homeport/kit/app.ts";
import { startTestApp, type TestApp } from "../../../kit/test/app.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import type { BuildResult, BuildSpec } from "../src/contract/build.ts";
import { app as ci } from "../src/index.ts";

/** The ci app with a stand-in for the logging app that notes which streams exist and can be out of order. */
export type Scene = TestApp & {
  streams: Map<string, "open" | "ended">;
  /** While false, the stand-in for the logging app answers 503. */
  logging: { answers: boolean };
  spec(changes?: Partial<BuildSpec>): BuildSpec;
  createJob(key?: string, changes?: Record<string, unknown>): Promise<JobBody>;
  /** Waits until the job is in this state. */
  untilState(id: string, state: string): Promise<JobBody>;
  getJob(id: string): Promise<JobBody>;
  cancel(job: Pick<JobBody, "key">): Promise<{ status: number; body: JobBody }>;
  claim(
    runnerId: string,
    options?: { labels?: string[]; kinds?: string[]; waitSeconds?: number },
  ): Promise<ClaimBody | null>;
  eventTypes(jobId: string): Promise<string[]>;
  /** A job that a runner holds. */
  claimNew(runnerId?: string, changes?: Record<string, unknown>): Promise<ClaimBody>;
  /** Makes the lease of a job run out now. */
  expireLease(id: string): Promise<unknown>;
  /** Waits until so many jobs can be claimed. */
  untilQueued(count: number): Promise<unknown>;
  /** Waits until the app has answered a later request than the one that is still open. */
  untilSent(): Promise<unknown>;
  /** POST /runner/<what> */
  report(runnerId: string, what: "heartbeat" | "complete" | "fail", body: Record<string, unknown>): Promise<Answer>;
  /** Types and data of a job's events, in order. */
  events(jobId: string): Promise<{ type: string; data: Record<string, unknown> }[]>;
};

export type JobBody = {
  id: string;
  key: string;
  state: string;
  attempt: number;
  spec: BuildSpec;
  cancelRequested?: boolean;
  reason?: { code: string; message: string };
  result?: BuildResult;
};
export type ClaimBody = {
  kind: string;
  job: JobBody;
  leaseToken: string;
  leaseSeconds: number;
  jobToken: string;
  secrets: unknown;
};
type Answer = Awaited<ReturnType<TestApp["json"]>>;

export const leaseOf = ({ job, leaseToken }: ClaimBody) => ({ jobId: job.id, leaseToken });

export const FAILURE = { code: "exit", message: "The build failed.", exitCode: 1 };

export const DIGEST = `sha256:${"ab".repeat(32)}`;

export const resultFor = (spec: BuildSpec): BuildResult => ({
  repository: spec.repository,
  digest: DIGEST,
  preset: "bun",
  explanation: "There is a bun.lock.",
});

export const startScene = async (): Promise<Scene> => {
  const streams: Scene["streams"] = new Map();
  const logging = { answers: true };
  const answer = async (request: Request): Promise<Response> => {
    if (!logging.answers) return new Response("out of order", { status: 503 });
    const path = new URL(request.url).pathname;
    const ended = /^\/api\/v1\/logging\/streams\/([^/]+)\/end$/.exec(path)?.[1];
    const { streamId = decodeURIComponent(ended ?? "") } = (await request.json().catch(() => ({}))) as {
      streamId?: string;
    };
    streams.set(streamId, ended === undefined ? (streams.get(streamId) ?? "open") : "ended");
    return Response.json(streamBody(streamId, ended !== undefined), { status: ended === undefined ? 201 : 200 });
  };
  const app = await startTestApp(ci as unknown as AppDefinition, { others: { logging: answer } });
  const getJob = async (id: string) =>
    (await app.json("GET", `/api/v1/ci/jobs/${id}`, await app.asApp("x"))).body as JobBody;
  const spec: Scene["spec"] = (changes = {}) => ({
    organisationId: app.home.id,
    organisationSlug: app.home.slug,
    projectId: Bun.randomUUIDv7(),
    projectSlug: "shop",
    serviceId: Bun.randomUUIDv7(),
    serviceSlug: "api",
    environmentId: Bun.randomUUIDv7(),
    output: "container",
    source: { kind: "git", url: "https://me:secret@forge.example/shop.git" },
    repository: "home/shop/api",
    ...changes,
  });
  const scene: Scene = {
    ...app,
    streams,
    logging,
    spec,
    getJob,
    async createJob(key = Bun.randomUUIDv7(), changes = {}) {
      const body = { kind: "build", key, organisationId: app.home.id, spec: spec(), ...changes };
      const created = await app.json("POST", "/api/v1/ci/jobs", await app.asApp("deployments"), body);
      if (created.status !== 201) throw new Error(`no job: ${JSON.stringify(created.body)}`);
      return created.body as JobBody;
    },
    untilState: (id, state) =>
      waitFor(async () => {
        const job = await getJob(id);
        return job.state === state ? job : null;
      }),
    cancel: async ({ key }) =>
      app.json("POST", "/api/v1/ci/jobs/cancel", await app.asApp("deployments"), { key, organisationId: app.home.id }),
    async claim(runnerId, options = {}) {
      const headers = await app.identity({ kind: "runner", runnerId });
      const claimed = await app.json("POST", "/api/v1/ci/runner/claim", headers, options);
      if (claimed.status !== 200) throw new Error(`no claim: ${JSON.stringify(claimed.body)}`);
      return claimed.body === "" ? null : (claimed.body as ClaimBody | null);
    },
    report: async (runnerId, what, body) =>
      app.json("POST", `/api/v1/ci/runner/${what}`, await app.identity({ kind: "runner", runnerId }), {
        ...(what === "complete" ? { kind: "build" } : {}),
        ...body,
      }),
    events: (jobId) =>
      app.database.admin<{ type: string; data: Record<string, unknown> }[]>`
        select type, data
        from platform.events
        where subject = ${jobId}
        order by id`,
    eventTypes: async (jobId) => (await scene.events(jobId)).map(({ type }) => type),
    async claimNew(runnerId = "r1", changes = {}) {
      await scene.createJob(undefined, changes);
      return waitFor(() => scene.claim(runnerId, { waitSeconds: 5 }));
    },
    expireLease: (id) => app.database.admin`update ci.jobs set lease_until = now() - interval '1 s' where id = ${id}`,
    untilQueued: (wanted) =>
      waitFor(async () => {
        const [{ count }] = await app.database.admin<[{ count: number }]>`
          select count(*)
          from ci.jobs
          where state = 'queued'`;
        return count === wanted;
      }),
    untilSent: () => app.request("/healthz"),
  };
  return scene;
};

const streamBody = (streamId: string, isEnded: boolean) => ({
  streamId,
  kind: "build",
  organisationId: Bun.randomUUIDv7(),
  projectId: Bun.randomUUIDv7(),
  serviceId: null,
  firstLine: 1,
  lastLine: 0,
  sizeBytes: 0,
  droppedLines: 0,
  createdAt: new Date().toISOString(),
  endedAt: isEnded ? new Date().toISOString() : null,
});
