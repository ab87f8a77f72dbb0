import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DomainError } from "../errors.ts";
import { type AddressKind, kindOfAddress } from "./address-kind.ts";
import { safeFetch } from "./safe-fetch.ts";

const kinds: [string, AddressKind][] = [
  ["93.184.215.14", "public"],
  ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "public"],
  ["127.0.0.1", "private"],
  ["10.1.2.3", "private"],
  ["192.168.0.1", "private"],
  ["172.17.0.1", "private"],
  ["100.64.0.1", "private"],
  ["::1", "private"],
  ["fd00::1", "private"],
  ["::ffff:10.0.0.1", "private"],
  ["64:ff9b::10.0.0.1", "private"],
  ["64:ff9b::5db8:d822", "public"],
  ["169.254.169.254", "forbidden"],
  ["::ffff:169.254.169.254", "forbidden"],
  ["64:ff9b::a9fe:a9fe", "forbidden"],
  ["fd00:ec2::254", "forbidden"],
  ["100.100.100.200", "forbidden"],
  ["0.0.0.0", "forbidden"],
  ["::", "forbidden"],
  ["224.0.0.1", "forbidden"],
  ["255.255.255.255", "forbidden"],
  ["2002:7f00:1::", "forbidden"],
  ["fe80::1", "forbidden"],
  ["::7f00:1", "forbidden"],
  ["fd20:ce::254", "forbidden"],
  ["168.63.129.16", "forbidden"],
  ["localhost", "forbidden"],
];

for (const [address, kind] of kinds) {
  test(`${address} is ${kind}`, () => {
    expect(kindOfAddress(address)).toBe(kind);
  });
}

let server: ReturnType<typeof Bun.serve>;
let seen: { host: string | null; path: string; body: string }[] = [];
beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      seen.push({ host: request.headers.get("host"), path: pathname, body: await request.text() });
      if (pathname === "/away") return Response.redirect("http://127.0.0.1:1/", 302);
      if (pathname === "/large") return new Response("x".repeat(300_000));
      if (pathname === "/packed") {
        return new Response(gzipSync("x".repeat(300_000)), { headers: { "content-encoding": "gzip" } });
      }
      if (pathname === "/never") return new Promise<Response>(() => {});
      return new Response("hello", { status: 201 });
    },
  });
});
afterAll(() => server.stop(true));

const at = (path: string, host = "127.0.0.1") => `http://${host}:${server.port}${path}`;
const codeOf = async (call: Promise<unknown>) => {
  const err = await call.catch((failure: unknown) => failure);
  return err instanceof DomainError ? err.code : err;
};

describe("a call", () => {
  test("goes to the address that was checked, under the name that was given", async () => {
    seen = [];
    const resolve = async (host: string) => (host === "hooks.example" ? ["127.0.0.1"] : []);
    const request = { method: "POST", body: "hi", allowPrivate: true, resolve } as const;
    const { status, body } = await safeFetch(at("/in", "hooks.example"), request);
    expect([status, new TextDecoder().decode(body)]).toEqual([201, "hello"]);
    expect(seen).toEqual([{ host: `hooks.example:${server.port}`, path: "/in", body: "hi" }]);
  });

  test("is refused when one of the addresses may not be called", async () => {
    seen = [];
    const resolving = (addresses: string[], allowPrivate: boolean) =>
      codeOf(safeFetch(at("/", "x.example"), { allowPrivate, resolve: async () => addresses }));
    expect(await resolving(["93.184.215.14", "10.0.0.1"], false)).toBe("invalid");
    expect(await resolving(["127.0.0.1", "169.254.169.254"], true)).toBe("invalid");
    expect(await resolving([], true)).toBe("unavailable");
    expect(await codeOf(safeFetch(at("/"), { allowPrivate: false }))).toBe("invalid");
    expect(await codeOf(safeFetch(at("/", "localhost"), { allowPrivate: false }))).toBe("invalid");
    expect(await codeOf(safeFetch(at("/", "2130706433"), { allowPrivate: false }))).toBe("invalid");
    expect(seen).toEqual([]);
  });

  const refused = [
    "file:///etc/passwd",
    "ftp://example.com",
    "data:text/plain,x",
    "nonsense",
    "http://",
    "http://a:b@example.com",
  ];
  for (const address of refused) {
    test(`to ${address} is refused`, async () => {
      expect(await codeOf(safeFetch(address, { allowPrivate: true }))).toBe("invalid");
    });
  }

  test("follows no redirect", async () => {
    const { status, headers } = await safeFetch(at("/away"), { allowPrivate: true });
    expect([status, headers.get("location")]).toEqual([302, "http://127.0.0.1:1/"]);
  });

  test("reads no more than it should, and waits no longer", async () => {
    const { body } = await safeFetch(at("/large"), { allowPrivate: true, maxBytes: 1_000 });
    expect(body.byteLength).toBe(1_000);
    expect(await codeOf(safeFetch(at("/never"), { allowPrivate: true, timeoutMs: 50 }))).toBe("unavailable");
    const never = () => new Promise<string[]>(() => {});
    const slow = safeFetch(at("/", "slow.example"), { allowPrivate: true, timeoutMs: 50, resolve: never });
    expect(await codeOf(slow)).toBe("unavailable");
  });

  test("unpacks nothing", async () => {
    const { body } = await safeFetch(at("/packed"), { allowPrivate: true });
    expect(body.byteLength).toBeLessThan(1_000);
    expect([body[0], body[1]]).toEqual([0x1f, 0x8b]);
  });

  test("ends with its caller", async () => {
    const signal = AbortSignal.timeout(20);
    expect(await codeOf(safeFetch(at("/never"), { allowPrivate: true, signal }))).toBe("unavailable");
  });
});

describe("a call over https", () => {
  let dir: string;
  let secure: ReturnType<typeof Bun.serve>;
  let ca: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "hp-egress-"));
    const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    const made = Bun.spawnSync([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
      ...["-keyout", key, "-out", cert, "-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example"],
    ]);
    if (!made.success) throw new Error(made.stderr.toString());
    ca = readFileSync(cert, "utf8");
    const tls = { cert: ca, key: readFileSync(key, "utf8") };
    secure = Bun.serve({ hostname: "127.0.0.1", port: 0, tls, fetch: () => new Response("hello") });
  });
  afterAll(async () => {
    await secure.stop(true);
    rmSync(dir, { recursive: true, force: true });
  });

  const call = (host: string, trusted?: string) =>
    safeFetch(`https://${host}:${secure.port}/`, {
      allowPrivate: true,
      resolve: async () => ["127.0.0.1"],
      ...(trusted === undefined ? {} : { ca: trusted }),
    });

  test("takes the certificate of the name that was given", async () => {
    expect((await call("hooks.example", ca)).status).toBe(200);
  });

  test("takes no other's, and none that nobody vouches for", async () => {
    expect(await codeOf(call("other.example", ca))).toBe("unavailable");
    expect(await codeOf(call("127.0.0.1", ca))).toBe("unavailable");
    expect(await codeOf(call("hooks.example"))).toBe("unavailable");
  });
});
