import { realpathSync } from "node:fs";
import { join, sep } from "node:path";

/**
 * Serves the files of the folder `site` beside it. It is put into images of static sites as it is, which is why it uses
 * nothing but Bun.
 */
const root = realpathSync(join(import.meta.dir, "site"));

/** The file for a path of a URL, inside of the folder; null when there is none. */
const findFile = async (pathname: string): Promise<{ file: Bun.BunFile; path: string } | null> => {
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes("\0") || path.split("/").some((part) => part.startsWith(".") && part !== ".well-known")) return null;
  const wanted = path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`];
  for (const each of wanted) {
    const file = Bun.file(join(root, each));
    if (!(await file.exists())) continue;
    const real = realpathSync(join(root, each));
    if (real.startsWith(root + sep)) return { file, path: each };
  }
  return null;
};

/** Names with a hash in them never change what they hold. */
const HASHED = /[.-][0-9a-zA-Z_]{8,}\.[a-z0-9]+$/;

const answer = async (request: Request): Promise<Response> => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Only GET and HEAD.\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { pathname } = new URL(request.url);
  const found = await findFile(pathname);
  if (found === null) {
    const own = Bun.file(join(root, "404.html"));
    if (await own.exists()) return new Response(own, { status: 404, headers: { "content-type": "text/html; charset=utf-8" } });
    return new Response("Not found.\n", { status: 404 });
  }
  const etag = `"${found.file.lastModified.toString(36)}-${found.file.size.toString(36)}"`;
  const headers = {
    etag,
    "cache-control": HASHED.test(found.path) ? "public, max-age=31536000, immutable" : "no-cache",
    "x-content-type-options": "nosniff",
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(found.file, { headers });
};

const server = Bun.serve({ port: Number(process.env.PORT ?? 3000), fetch: answer });
process.on("SIGTERM", async () => {
  await server.stop();
  process.exit(0);
});
process.stdout.write(`Serving static files on port ${server.port}\n`);
