import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { appRecord, beat } from "../records.ts";
import { until } from "../until.ts";
import { waitForAnswers } from "./answers.ts";
import { EchoUpstream } from "./echo-upstream.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
let upstreams: { open: EchoUpstream; secret: EchoUpstream };

beforeAll(async () => {
  stage = await Stage.open();
  const serveApp = async (id: string, routes: string[]) => {
    const { upstream, raw } = await EchoUpstream.start();
    stage.fixture.defer(() => raw.stop());
    await beat(stage.fixture.redis, appRecord({ id, baseUrl: raw.baseUrl, routes }));
    return upstream;
  };
  upstreams = { open: await serveApp("open", ["/app"]), secret: await serveApp("secret", ["/secret", "/app/secret"]) };
  const isRouted = async (path: string) => (await ask(path)).status === 200;
  await until("both are routed", async () => (await isRouted("/app")) && (await isRouted("/secret")));
});
afterAll(() => stage.close());
beforeEach(() => {
  upstreams.open.forget();
  upstreams.secret.forget();
});

async function ask(target: string, host = "localhost") {
  const client = await stage.connect();
  client.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [answer] = await waitForAnswers(client, "GET");
  client.socket.destroy();
  if (answer === undefined) throw new Error("No answer came.");
  return answer;
}

const dots = ["..", "%2e%2e", "%2E.", ".%2e", "%2e%2E"];
const slashes = ["/", "%2f", "%2F", "\\", "%5c", "%5C"];

/** Every way to spell `/app/../secret` that some upstream resolves. */
const ESCAPES = [
  ...dots.flatMap((dot) => slashes.map((slash) => `/app/${dot}${slash}secret`)),
  ...dots.flatMap((dot) => slashes.map((slash) => `/app${slash}${dot}/secret`)),
  "/app/x/../../secret",
  "/app/./../secret",
  "/app//../secret",
  "/app/\\..\\secret",
  "/app/..",
  "/app/%2e%2e",
  "/app/.",
  "/app/..?x",
  "/../secret",
  "/app/%2e/secret",
  "/app/..%2f..%2fsecret?/app",
  "/\\../secret",
];

test.each([...new Set(ESCAPES)])("%s is refused, and no app sees it", async (target) => {
  expect((await ask(target)).status).toBe(400);
  expect([...upstreams.open.seen, ...upstreams.secret.seen]).toEqual([]);
});

/** Dots that no upstream takes for a step; what is decoded twice by nobody stays in its segment. */
test.each([
  "/app/...",
  "/app/..x/secret",
  "/app/x..",
  "/app/%252e%252e/secret",
  "/app/..%252fsecret",
  "/app?../secret",
  "/app/x?y=/../secret",
  "/app/.well-known/x",
  "/app/@scope%2fname",
])("%s stays with the app of its prefix, byte for byte", async (target) => {
  expect((await ask(target)).body).toBe(`GET ${target}`);
  expect(upstreams.open.seen).toHaveLength(1);
  expect(upstreams.secret.seen).toEqual([]);
});

/** A prefix ends at a segment; its letters may be escaped, since upstreams decode them (RFC 3986 section 6.2.2.2). */
test.each([
  { target: "/app/secret", owner: "secret" as const },
  { target: "/app/secret/x", owner: "secret" as const },
  { target: "/app/%73ecret", owner: "secret" as const },
  { target: "/app/secrets", owner: "open" as const },
  { target: "/app/Secret", owner: "open" as const },
])("$target belongs to the app of its longest prefix ($owner)", async ({ target, owner }) => {
  expect((await ask(target)).body).toBe(`GET ${target}`);
  expect(upstreams[owner].seen).toHaveLength(1);
});

test.each([
  "/metrics",
  "/readyz",
  "/internal/x",
  "//internal/x",
  "/%69nternal/x",
  "/internal%2fx",
  "/\\internal/x",
  "/%5cinternal/x",
])("%s is never let in", async (target) => {
  expect((await ask(target)).status).toBe(404);
  expect([...upstreams.open.seen, ...upstreams.secret.seen]).toEqual([]);
});

test.each(["127.0.0.1", "127.0.0.1:3000", "[::1]", "[::1]:3000", "LOCALHOST.", "platform.test", "Platform.Test:443"])(
  "Host %s is a host of the platform",
  async (host) => {
    expect((await ask("/app/x", host)).body).toBe("GET /app/x");
    expect((await ask("/app/../secret", host)).status).toBe(400);
    expect(upstreams.secret.seen).toEqual([]);
  },
);
