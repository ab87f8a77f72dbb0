import { Hono } from "hono";
import type { Policy } from "../authorize.ts";
import { type Contract, contractRows } from "../contract.ts";
import { DomainError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Principal } from "../principal.ts";
import { type Handlers, serveContract } from "./api.ts";
import { authenticate, type ResolveCredential } from "./authenticate.ts";
import { type Access, BUILT_IN_RESOURCES, type ResourceLoaders } from "./context.ts";
import type { Idempotency } from "./idempotency.ts";
import { openApiOf } from "./openapi.ts";
import { problemResponse, toDomainError } from "./problem.ts";
import { refuseCrossSite, requestIdOf } from "./request.ts";
import { type RawRoute, serveRaw } from "./routes.ts";
import type { SocketRoute } from "./socket.ts";

export type ServerOptions<C extends Contract> = {
  app: { id: string; name: string; version: string; actions: Policy };
  contract: C;
  handlers: Handlers<C>;
  loaders: ResourceLoaders;
  routes: readonly RawRoute[];
  /** Described with the rest of the API; `routes` has a row of each. */
  sockets?: readonly SocketRoute[];
  identityKey: Buffer;
  resolve: ResolveCredential;
  /** Absent for an app without a database. */
  idempotency?: Idempotency | undefined;
  isReady: () => boolean;
  /** What a browser is shown where there is nothing; apps without pages answer with a problem as everywhere. */
  missingPage?: ((request: Request, requestId: string) => Response) | undefined;
  metrics: Metrics;
  log: Logger;
};

/**
 * The HTTP face of one app: health, metrics, its contract below `/api/v1/<id>`, then its other routes.
 *
 * @throws {Error} at start, when a route has no action, an undeclared one, or a resource nobody can load
 */
export const createServer = <C extends Contract>(options: ServerOptions<C>): Hono => {
  const { app, log, metrics } = options;
  const access: Access = { policy: app.actions, loaders: options.loaders };
  refuseUnguarded(options);
  const prefix = `/api/v1/${app.id}` as const;
  const idempotency = options.idempotency ?? null;
  const api = serveContract(options.contract, options.handlers, { access, prefix, idempotency, log });
  const authenticated = async (request: Request): Promise<Principal> => {
    refuseCrossSite(request.method, request.headers);
    return authenticate(request.headers, options.identityKey, options.resolve);
  };
  const server = new Hono();
  server.use(async (c, next) => {
    await next();
    metrics.count("homeport_requests_total", "Requests answered, by status class.", {
      app: app.id,
      class: `${Math.floor(c.res.status / 100)}xx`,
    });
  });
  server.get("/healthz", (c) => c.json({ status: "ok", app: app.id, version: app.version }));
  server.get("/readyz", (c) => (options.isReady() ? c.json({ status: "ready" }) : c.json({ status: "starting" }, 503)));
  server.get("/metrics", (c) => c.text(metrics.render(), 200, { "content-type": "text/plain; version=0.0.4" }));
  server.get(`${prefix}/openapi.json`, async (c) =>
    c.json(await openApiOf(app, options.contract, options.sockets ?? [])),
  );
  for (const route of options.routes) {
    const handle = serveRaw(route, access, authenticated, log);
    server.on(route.method, [route.path], (c) => handle(c, requestIdOf(c.req.raw.headers)));
  }
  server.all(`${prefix}/*`, async (c) => {
    const requestId = requestIdOf(c.req.raw.headers);
    try {
      const answer = await api(c.req.raw, await authenticated(c.req.raw), requestId);
      return answer?.response ?? noSuchRoute(requestId);
    } catch (err) {
      const failure = toDomainError(err);
      if (failure.status >= 500) log.error({ err: failure, requestId }, "request failed");
      return problemResponse(failure, requestId);
    }
  });
  server.notFound((c) => {
    const request = c.req.raw;
    const requestId = requestIdOf(request.headers);
    const isBrowser = request.headers.get("accept")?.includes("text/html") === true;
    return (isBrowser ? options.missingPage?.(request, requestId) : undefined) ?? noSuchRoute(requestId);
  });
  server.onError((err, c) => {
    const requestId = requestIdOf(c.req.raw.headers);
    log.error({ err, requestId }, "request failed outside its handler");
    return problemResponse(toDomainError(err), requestId);
  });
  return server;
};

const noSuchRoute = (requestId: string): Response =>
  problemResponse(new DomainError("not_found", "There is nothing at this address."), requestId);

const refuseUnguarded = <C extends Contract>(options: ServerOptions<C>): void => {
  const rows = [
    ...contractRows(options.contract).map((row) => ({ ...row, name: row.name })),
    ...options.routes.map((row) => ({ ...row, name: `${row.method} ${row.path}` })),
  ];
  for (const { name, action, resource } of rows) {
    if (!Object.hasOwn(options.app.actions, action)) {
      throw new Error(
        `${options.app.id}: route ${name} names the action "${action}", which its manifest does not declare.`,
      );
    }
    if (!BUILT_IN_RESOURCES.has(resource) && options.loaders[resource] === undefined) {
      throw new Error(`${options.app.id}: route ${name} acts on "${resource}", which nothing can load.`);
    }
  }
};
