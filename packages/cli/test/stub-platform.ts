type Handler = (request: Request, body: unknown) => Response | Promise<Response>;

/** A platform of a few recorded answers, by `METHOD /path`; what it was asked stands in `seen`. */
export const startStubPlatform = () => {
  const routes = new Map<string, Handler>();
  const seen: { route: string; body: unknown; authorization: string | null }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: 1024 * 1024 * 1024,
    fetch: async (request) => {
      const route = `${request.method} ${new URL(request.url).pathname.replace("/api/v1", "")}`;
      const isJson = request.headers.get("content-type")?.includes("json") === true;
      const body: unknown = isJson ? await request.json() : await request.bytes();
      seen.push({ route, body, authorization: request.headers.get("authorization") });
      const answer = routes.get(route) ?? routes.get(route.replace(/[0-9a-f-]{36}/, ":id"));
      return answer?.(request, body) ?? problem(404, "not_found", "There is nothing at this address.");
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    seen,
    on(route: string, answer: Handler | Record<string, unknown> | unknown[]) {
      routes.set(route, typeof answer === "function" ? answer : () => Response.json(answer));
    },
    reset() {
      routes.clear();
      seen.length = 0;
    },
    routesSeen: () => seen.map(({ route }) => route),
    stop: () => server.stop(true),
  };
};

export type StubPlatform = ReturnType<typeof startStubPlatform>;

export const problem = (status: number, code: string, detail: string): Response =>
  Response.json(
    { type: "about:blank", title: code, status, code, detail, requestId: "r1" },
    { status, headers: { "content-type": "application/problem+json" } },
  );

export const AT = "2026-06-01T12:00:00.000Z";
const ID = "0199f000-0000-7000-8000-000000000001";

export const me = {
  person: { id: ID, email: "ada@example.com", name: "Ada" },
  organisation: { id: ID, slug: "home", name: "home" },
  role: "owner",
  instanceRole: null,
};

export const whoami = {
  kind: "token",
  name: "Ada",
  organisation: me.organisation,
  role: "owner",
  instanceRole: null,
  scopes: ["*"],
};

export const deployment = (changes: Record<string, unknown> = {}) => ({
  id: ID,
  state: "live",
  cause: "build",
  release: 3,
  digest: `sha256:${"ab".repeat(32)}`,
  url: "http://api-shop.localhost:3000",
  commit: null,
  commitMessage: null,
  buildLog: null,
  runtimeLog: `runtime.${ID}`,
  reason: null,
  cancelRequested: false,
  createdBy: "Ada",
  createdAt: AT,
  startedAt: AT,
  finishedAt: AT,
  ...changes,
});

const settings = {
  port: 8080,
  health: { kind: "tcp", timeoutSeconds: 60, intervalSeconds: 1 },
  resources: {},
  stabilitySeconds: 0.2,
  graceSeconds: 15,
};

export const service = (changes: Record<string, unknown> = {}) => ({
  id: ID,
  workloadId: ID,
  slug: "api",
  project: "shop",
  url: "http://api-shop.localhost:3000",
  source: { kind: "upload" },
  settings,
  createdAt: AT,
  latest: null,
  ...changes,
});
