import { realpathSync } from "node:fs";
import { join, sep } from "node:path";

/**
 * Serves the files of the folder `site` beside it, on the port that PORT names (Bun's own default). It is put into images
 * of static sites as it is, which is why it uses nothing but Bun.
 */
const root = realpathSync(join(import.meta.dir, "site"));

type Found = { file: Bun.BunFile; path: string };

/** The file for a path of a URL, inside of the folder; null when there is none. */
const findFile = async (pathname: string): Promise<Found | null> => {
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes("\0") || path.split("/").some((part) => part.startsWith(".") && part !== ".well-known"))
    return null;
  return openFirst(path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`]);
};

const openFirst = async (paths: string[]): Promise<Found | null> => {
  for (const path of paths) {
    const file = Bun.file(join(root, path));
    // A link may lead out of the site, to files that were never meant to be served.
    if ((await file.exists()) && realpathSync(join(root, path)).startsWith(root + sep)) return { file, path };
  }
  return null;
};

/** Larger files have no ETag: reading them only to name them would cost more than it saves. */
const MAX_HASHED_BYTES = 16 * 1024 * 1024;
const MAX_ETAGS = 10_000;
const etags = new Map<string, string>();

/** Of the content: files of an image all have the same time. They never change, so each is read once. */
const etagOf = async ({ file, path }: Found): Promise<string | null> => {
  const known = etags.get(path);
  if (known !== undefined) return known;
  if (file.size > MAX_HASHED_BYTES) return null;
  const etag = `"${Bun.hash(await file.bytes()).toString(36)}"`;
  if (etags.size < MAX_ETAGS) etags.set(path, etag);
  return etag;
};

const answer = async (request: Request): Promise<Response> => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Only GET and HEAD.\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { pathname, search } = new URL(request.url);
  const found = await findFile(pathname);
  if (found === null) return answerMissing(pathname, search);
  const etag = await etagOf(found);
  const headers = new Headers({ "cache-control": "no-cache", "x-content-type-options": "nosniff" });
  if (etag !== null) headers.set("etag", etag);
  const seen = request.headers.get("if-none-match")?.split(/\s*,\s*/) ?? [];
  if (etag !== null && (seen.includes(etag) || seen.includes(`W/${etag}`)))
    return new Response(null, { status: 304, headers });
  headers.set("content-type", found.file.type);
  return new Response(found.file, { headers });
};

/** A folder without its slash is redirected, so that relative links in its page work; else 404. */
const answerMissing = async (pathname: string, search: string): Promise<Response> => {
  if (!pathname.endsWith("/") && (await findFile(`${pathname}/`)) !== null) {
    // Never `//host`, which browsers take for another site.
    return new Response(null, {
      status: 308,
      headers: { location: `/${`${pathname}/`.replace(/^\/+/, "")}${search}` },
    });
  }
  const own = await openFirst(["404.html"]);
  if (own === null) return new Response("Not found.\n", { status: 404 });
  return new Response(own.file, { status: 404, headers: { "content-type": "text/html; charset=utf-8" } });
};

const server = Bun.serve({ fetch: answer });
process.on("SIGTERM", async () => {
  await server.stop();
  process.exit(0);
});
process.stdout.write(`Serving static files on port ${server.port}\n`);
