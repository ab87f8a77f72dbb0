import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAssets } from "@homeport/ui/assets";
import { type AppDefinition, type RunningApp, startApp } from "../src/app.ts";
import type { PlatformConfig } from "../src/config.ts";
import type { Contract } from "../src/contract.ts";
import { emit } from "../src/events/emit.ts";
import { type SignedPrincipal, signIdentity } from "../src/identity.ts";
import { openPlatform, type Platform } from "../src/platform.ts";
import type { Grant, MemberPrincipal, Role } from "../src/principal.ts";
import { type TestDatabase, testDatabase } from "./database.ts";
import { testValkey } from "./valkey.ts";

/**
 * An organisation of a test with one person per role; `headers` authenticates as that person's API token. The owner of
 * `home` is the owner of the instance, too.
 */
export type TestOrganisation = {
  id: string;
  slug: string;
  headers(role: Role, scopes?: string[]): Record<string, string>;
  /** Somebody who has these roles in projects, and is no more than a member of the organisation. */
  granted(grants: Grant[]): Record<string, string>;
  /** A member of no role here who is an operator of the instance. */
  operator(): Record<string, string>;
  /** A service account with a role in the organisation, and roles in projects. */
  service(role: Role, grants?: Grant[]): Record<string, string>;
  principal(role: Role): MemberPrincipal;
};

export type TestApp = {
  platform: Platform;
  database: TestDatabase;
  running: RunningApp;
  /** The organisation most tests need, and others that must see nothing of it. */
  home: TestOrganisation;
  organisation(slug: string): TestOrganisation;
  /** Headers of a part of the platform. */
  identity(principal: SignedPrincipal): Promise<Record<string, string>>;
  asApp(appId: string): Promise<Record<string, string>>;
  /** Takes somebody's credential away and says so, as the auth app does. */
  revoke(headers: Record<string, string>): Promise<void>;
  /** Sends a request to the app, as the gateway would. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The same with a JSON body, answered as JSON. */
  json(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
    // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came back
  ): Promise<{ status: number; body: any; headers: Headers }>;
  /** host:port of the stand-in for the gateway, for clients that need TCP. */
  host: string;
  stop(): Promise<void>;
};

export type TestAppOptions = {
  /** Answers for other apps, by app id: `{ logging: (request) => Response.json({}) }`. */
  others?: Record<string, (request: Request) => Response | Promise<Response>>;
  /** The environment variables that settings name. */
  settingEnv?: Record<string, string>;
  /** More real apps in the same platform, reachable through the stand-in gateway. */
  with?: AppDefinition[];
};

/**
 * Starts a real app on a real database and Valkey. In place of the gateway stands a router by app id, in place of the
 * auth app a table of made-up tokens.
 */
export const startTestApp = async <C extends Contract>(
  definition: AppDefinition<C>,
  options: TestAppOptions = {},
): Promise<TestApp> => {
  const definitions = [definition as unknown as AppDefinition, ...(options.with ?? [])];
  const database = await testDatabase(
    definitions.flatMap(({ manifest, migrations, jobs }) =>
      migrations === undefined ? [] : [{ app: manifest.id, dir: migrations, jobs: jobs === true }],
    ),
  );
  const valkey = await testValkey();
  const dir = mkdtempSync(join(tmpdir(), "hp-"));
  const people = new Map<string, MemberPrincipal>();
  const apps = new Map<string, RunningApp>();
  const gateway = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: 2 ** 40,
    fetch: (request) => dispatch(request, definition.manifest.id, apps, people, options),
  });
  const config: PlatformConfig = {
    databaseUrl: database.url,
    redisUrl: valkey.url,
    appSecret: database.secret,
    keyFile: null,
    previousSecret: null,
    previousKeyFile: null,
    appUrl: new URL(`http://127.0.0.1:${gateway.port}`),
    gatewayUrl: `http://127.0.0.1:${gateway.port}`,
    registryHost: `127.0.0.1:${gateway.port}`,
    baseDomain: "localhost",
    dataDir: dir,
    runDir: dir,
    assetsDir: join(tmpdir(), `hp-test-assets-${definition.manifest.id}`),
    listen: null,
    version: "test",
    settingEnv: (name) => options.settingEnv?.[name],
  };
  if (definition.manifest.routes.length > 0 && existsSync(packageOf(definition))) {
    await buildAssets({ apps: [{ id: definition.manifest.id, dir: packageOf(definition) }], outDir: config.assetsDir });
  }
  const platform = await openPlatform(config, async () => {});
  for (const each of definitions) apps.set(each.manifest.id, await startApp(each, platform));
  const running = apps.get(definition.manifest.id) as RunningApp;
  const organisation = (slug: string) => testOrganisation(slug, people);
  const identity = async (principal: SignedPrincipal) => ({
    authorization: `Bearer ${await signIdentity(platform.identityKey, principal, 600)}`,
  });
  const request = (path: string, init: RequestInit = {}) => callApp(running, path, init);
  return {
    platform,
    database,
    running,
    home: organisation("home"),
    organisation,
    identity,
    asApp: (appId) => identity({ kind: "app", appId }),
    async revoke({ authorization }) {
      people.delete(authorization?.slice("Bearer ".length) ?? "");
      await emit(database.admin, { type: "auth.access.changed", source: "auth", organisationId: null, data: {} });
    },
    request,
    async json(method, path, headers, body) {
      const response = await request(path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
    },
    host: `127.0.0.1:${gateway.port}`,
    async stop() {
      await Promise.all([...apps.values()].map((app) => app.stop()));
      await platform.close();
      await gateway.stop(true);
      await valkey.close();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const callApp = (app: RunningApp, path: string, init: RequestInit): Promise<Response> =>
  fetch(`http://app${path}`, {
    ...init,
    redirect: "manual",
    unix: app.baseUrl.slice("unix:".length),
    signal: init.signal ?? AbortSignal.timeout(60_000),
  });

const dispatch = async (
  request: Request,
  mainId: string,
  apps: Map<string, RunningApp>,
  people: Map<string, MemberPrincipal>,
  options: TestAppOptions,
): Promise<Response> => {
  const url = new URL(request.url);
  const appId = /^\/api\/v1\/([^/]+)/.exec(url.pathname)?.[1] ?? mainId;
  if (url.pathname === "/api/v1/auth/credentials/resolve" && !apps.has("auth")) {
    const { value } = (await request.json()) as { value: string };
    return Response.json({ principal: people.get(value) ?? null });
  }
  const app = apps.get(appId);
  if (app !== undefined) {
    const headers = new Headers(request.headers);
    headers.set("x-forwarded-host", url.host);
    return callApp(app, url.pathname + url.search, {
      method: request.method,
      headers,
      body: request.body,
      signal: request.signal,
    });
  }
  const other = options.others?.[appId];
  return other === undefined ? new Response("no such app in this test", { status: 503 }) : other(request);
};

type TokenPrincipal = Extract<MemberPrincipal, { kind: "token" }>;

const testOrganisation = (slug: string, people: Map<string, MemberPrincipal>): TestOrganisation => {
  const id = Bun.randomUUIDv7();
  const persons = new Map<Role, string>();
  const principal = (role: Role): TokenPrincipal => {
    const personId = persons.get(role) ?? Bun.randomUUIDv7();
    persons.set(role, personId);
    return {
      kind: "token",
      tokenId: Bun.randomUUIDv7(),
      scopes: ["*"],
      personId,
      email: `${role}@${slug}.test`,
      name: role,
      organisationId: id,
      organisationSlug: slug,
      role,
      grants: [],
      instanceRole: slug === "home" && role === "owner" ? "owner" : null,
    };
  };
  const tokenOf = (token: string, member: MemberPrincipal) => {
    people.set(token, member);
    return { authorization: `Bearer ${token}` };
  };
  return {
    id,
    slug,
    principal,
    headers: (role, scopes = ["*"]) =>
      tokenOf(`hp_${role}_${slug}_${Buffer.from(scopes.join()).toString("base64url")}`, { ...principal(role), scopes }),
    granted: (grants) =>
      tokenOf(`hp_granted_${Bun.randomUUIDv7()}`, { ...principal("member"), personId: Bun.randomUUIDv7(), grants }),
    operator: () => tokenOf(`hp_operator_${slug}`, { ...principal("member"), instanceRole: "operator" }),
    service(role, grants = []) {
      const { personId, email, instanceRole, ...held } = principal(role);
      const serviceAccountId = Bun.randomUUIDv7();
      return tokenOf(`hp_service_${serviceAccountId}`, {
        ...held,
        kind: "service",
        name: "deploys",
        serviceAccountId,
        grants,
      });
    },
  };
};

const packageOf = (definition: { migrations?: string; manifest: { id: string } }): string =>
  join(import.meta.dir, "../../apps", definition.manifest.id);
