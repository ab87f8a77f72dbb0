import { createHash } from "node:crypto";

/** A registry of the smallest kind: it serves what was put into it, after the token dance of the OCI distribution spec. */
export type TestRegistry = {
  host: string;
  password: string;
  put(bytes: Uint8Array): { digest: string; size: number };
  get(digest: string): Uint8Array;
  /** Gives an image a name besides its digest, or moves the name to it. */
  tag(name: string, digest: string): void;
  /** From now on nobody has to sign in. */
  open(): void;
  /** Requests wait until what this returns is called. */
  hold(): () => void;
  /** Answers of the next requests, in order, instead of the true ones. */
  failNext(...statuses: number[]): void;
  requests: string[];
  stop(): Promise<void>;
};

const TOKEN = "a-token-for-pulling";

export const startRegistry = (): TestRegistry => {
  const blobs = new Map<string, Uint8Array>();
  const tags = new Map<string, string>();
  const failures: number[] = [];
  let isOpen = false;
  const requests: string[] = [];
  let held: Promise<void> | null = null;
  const password = Bun.randomUUIDv7();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(req) {
      await held;
      const url = new URL(req.url);
      requests.push(`${req.method} ${url.pathname}`);
      const failure = failures.shift();
      if (failure !== undefined) return new Response("refused by the test", { status: failure });
      if (url.pathname === "/v2/token") return token(req);
      if (!isOpen && req.headers.get("authorization") !== `Bearer ${TOKEN}`) return challenge(url);
      if (url.pathname === "/v2/") return Response.json({});
      const name = url.pathname.split("/").at(-1) ?? "";
      const digest = tags.get(name) ?? name;
      const bytes = blobs.get(digest);
      if (bytes === undefined) return Response.json({ errors: [{ code: "MANIFEST_UNKNOWN" }] }, { status: 404 });
      const isManifest = url.pathname.includes("/manifests/");
      const type = isManifest ? "application/vnd.oci.image.manifest.v1+json" : "application/octet-stream";
      return new Response(req.method === "HEAD" ? null : new Blob([bytes as BlobPart]), {
        headers: { "content-type": type, "docker-content-digest": digest, "content-length": String(bytes.byteLength) },
      });
    },
  });
  const host = `127.0.0.1:${server.port}`;

  const token = (req: Request): Response => {
    const basic = Buffer.from((req.headers.get("authorization") ?? "").slice("Basic ".length), "base64").toString();
    if (basic.split(":")[1] !== password) return Response.json({ errors: [{ code: "UNAUTHORIZED" }] }, { status: 401 });
    return Response.json({ token: TOKEN, expires_in: 300 });
  };

  const challenge = (url: URL): Response => {
    const scope = `repository:${url.pathname.split("/").slice(2, -2).join("/")}:pull`;
    const header = `Bearer realm="http://${host}/v2/token",service="homeport",scope="${scope}"`;
    return Response.json(
      { errors: [{ code: "UNAUTHORIZED" }] },
      { status: 401, headers: { "www-authenticate": header } },
    );
  };

  return {
    host,
    password,
    requests,
    put(bytes) {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      blobs.set(digest, bytes);
      return { digest, size: bytes.byteLength };
    },
    get(digest) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new Error(`The test registry has no ${digest}.`);
      return bytes;
    },
    tag: (name, digest) => void tags.set(name, digest),
    open() {
      isOpen = true;
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = null;
        resolve();
      };
    },
    failNext: (...statuses) => void failures.push(...statuses),
    stop: () => server.stop(true),
  };
};
