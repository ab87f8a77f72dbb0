import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { readImage, startRegistry, type TestRegistry } from "../../test/registry.ts";
import { BuildFailure } from "../build-failure.ts";
import { packFolder } from "../pack/pack-folder.ts";
import { type Layer, type ProcessImage, processImage, sha256 } from "./image.ts";
import { pushImage } from "./push.ts";

const never = new AbortController().signal;
const repository = "home/shop/api";
let dir = "";
let open: TestRegistry;
let closed: TestRegistry;
let layer: Layer;
let image: ProcessImage;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-push-"));
  await Bun.write(join(dir, "app/index.ts"), "console.log(1)");
  layer = await packFolder(dir, 1e9, never);
  image = processImage(layer, { start: ["bun", "index.ts"], workingDir: "/app", preset: "bun", env: {} });
  [open, closed] = await Promise.all([startRegistry(), startRegistry({ password: "right" })]);
});
afterAll(async () => {
  await Promise.all([open.stop(), closed.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const push = (registry: string, password = "right", to = repository, signal = never) =>
  pushImage({ registry, repository: to, password: new Secret(password) }, layer, image, signal);

const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  expect(err).toBeInstanceOf(BuildFailure);
  return (err as BuildFailure).reason;
};

/** A registry in front of the open one, which does what `before` says first. */
const inFront = (before: (request: Request, url: URL) => Response | null | Promise<Response | null>) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      const own = await before(request, url);
      if (own !== null) return own;
      const headers = new Headers(request.headers);
      headers.delete("authorization");
      const body = request.body === null ? null : await request.blob();
      return fetch(`http://${open.host}${url.pathname}${url.search}`, {
        method: request.method,
        headers,
        body,
        redirect: "manual",
      });
    },
  });

test("a pushed image can be read back, digest by digest", async () => {
  await push(open.host);
  const stored = await readImage(open.host, repository, image.digest);
  expect(stored.config.config).toEqual({
    Cmd: ["bun", "index.ts"],
    WorkingDir: "/app",
    Labels: { "dev.homeport.process": "1", "dev.homeport.preset": "bun" },
  });
  expect(stored.config.rootfs.diff_ids).toEqual([layer.diffId]);
  expect(sha256(await stored.layer())).toBe(layer.digest);
});

test("pushing it again changes nothing", async () => {
  await push(open.host);
  await push(open.host);
});

test("a registry that asks for a password gets it", async () => {
  await push(closed.host);
  const authorization = `Basic ${btoa("homeport:right")}`;
  expect((await readImage(closed.host, repository, image.digest, { authorization })).manifest.layers).toHaveLength(1);
});

test("a wrong password is told", async () => {
  const reason = await failureOf(push(closed.host, "wrong"));
  expect(reason.code).toBe("push_failed");
  expect(reason.message).toMatch(/HTTP 401/);
});

test("a registry that asks for a token gets one from its own token service, and a new one when that runs out", async () => {
  const tokens: string[] = [];
  let uses = 0;
  const server = inFront((request, url) => {
    if (url.pathname === "/v2/token") {
      expect(request.headers.get("authorization")).toBe(`Basic ${btoa("homeport:right")}`);
      expect(url.searchParams.get("scope")).toBe("repository:home/shop/token:pull,push");
      tokens.push(`token-${tokens.length}`);
      return Response.json({ token: tokens.at(-1) });
    }
    const current = request.headers.get("authorization") === `Bearer ${tokens.at(-1)}`;
    if (current && ++uses % 3 !== 0) return null;
    const realm = `http://127.0.0.1:${server.port}/v2/token`;
    const challenge = `Bearer realm="${realm}",service="homeport",scope="repository:home/shop/token:pull,push"`;
    return new Response("{}", { status: 401, headers: { "www-authenticate": challenge } });
  });
  await push(`127.0.0.1:${server.port}`, "right", "home/shop/token");
  expect(tokens.length).toBeGreaterThan(1);
  expect((await readImage(open.host, "home/shop/token", image.digest)).manifest.layers).toHaveLength(1);
  await server.stop(true);
});

test("a token service on another host gets nothing", async () => {
  let asked = 0;
  const evil = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(String(asked++)) });
  const challenge = `Bearer realm="http://127.0.0.1:${evil.port}/token",service="x"`;
  const server = inFront(() => new Response("", { status: 401, headers: { "www-authenticate": challenge } }));
  expect((await failureOf(push(`127.0.0.1:${server.port}`))).message).toMatch(/another host/);
  expect(asked).toBe(0);
  await Promise.all([evil.stop(true), server.stop(true)]);
});

test("an upload on another host gets nothing", async () => {
  let asked = 0;
  const evil = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(String(asked++)) });
  const server = inFront((request) =>
    request.method === "POST"
      ? new Response("", { status: 202, headers: { location: `http://127.0.0.1:${evil.port}/up` } })
      : null,
  );
  expect((await failureOf(push(`127.0.0.1:${server.port}`, "right", "home/shop/elsewhere"))).message).toMatch(
    /another host/,
  );
  expect(asked).toBe(0);
  await Promise.all([evil.stop(true), server.stop(true)]);
});

test("a registry with a passing trouble is asked again", async () => {
  let troubles = 2;
  const server = inFront((request) =>
    request.method === "PUT" && troubles-- > 0 ? new Response("", { status: 503 }) : null,
  );
  await push(`127.0.0.1:${server.port}`, "right", "home/shop/trouble");
  expect(troubles).toBeLessThan(1);
  await server.stop(true);
}, 15_000);

test("a registry that stores something else is found out", async () => {
  const server = inFront((request, url) =>
    request.method === "PUT" && url.pathname.includes("/manifests/")
      ? new Response("", { status: 201, headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` } })
      : null,
  );
  expect((await failureOf(push(`127.0.0.1:${server.port}`))).message).toMatch(/not what was pushed/);
  await server.stop(true);
});

test("a refusal is told in the registry's words", async () => {
  const server = inFront((request) =>
    request.method === "POST" ? new Response('{"errors":[{"code":"DENIED"}]}', { status: 403 }) : null,
  );
  expect((await failureOf(push(`127.0.0.1:${server.port}`, "right", "home/shop/denied"))).message).toMatch(
    /HTTP 403.*DENIED/,
  );
  await server.stop(true);
});

test("aborting ends a push with the reason", async () => {
  const stop = new AbortController();
  const server = inFront(() => {
    stop.abort(new Error("enough"));
    return new Promise<null>(() => {});
  });
  const pushed = push(`127.0.0.1:${server.port}`, "right", repository, stop.signal).catch((err: unknown) => err);
  expect(await pushed).toEqual(new Error("enough"));
  await server.stop(true);
});
