import { join } from "node:path";
import { type AssetFile, type AssetManifest, PUBLIC_PREFIX } from "./manifest.ts";

const ENCODINGS = [
  { name: "br", field: "br", suffix: ".br" },
  { name: "gzip", field: "gzip", suffix: ".gz" },
] as const;

/**
 * The answer to a request for a built file, or null when the path is not one of ours. Names contain the hash of their content, so
 * browsers may keep the files forever; compressed forms were made by the build.
 */
export function assetResponse(assets: AssetManifest, req: Request): Response | null {
  const path = new URL(req.url).pathname;
  if (!path.startsWith(PUBLIC_PREFIX)) return null;
  const file = Object.hasOwn(assets.files, path)
    ? assets.files[path]
    : Object.hasOwn(assets.olderFiles, path)
      ? assets.olderFiles[path]
      : undefined;
  if (file === undefined) return null;
  if (req.method !== "GET" && req.method !== "HEAD") {
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  // The name is in the table of files that the build wrote, so it cannot lead out of the folder.
  const name = path.slice(PUBLIC_PREFIX.length);
  const chosen = chooseEncoding(file, req.headers.get("accept-encoding") ?? "");
  const etag = `"${name}${chosen?.suffix ?? ""}"`;
  const headers = new Headers({
    "cache-control": "public, max-age=31536000, immutable",
    "content-type": file.type,
    etag,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  });
  if (req.headers.get("if-none-match")?.includes(etag) === true) return new Response(null, { status: 304, headers });
  if (chosen !== undefined) headers.set("content-encoding", chosen.name);
  headers.set("content-length", String(chosen === undefined ? file.bytes : file[chosen.field]));
  const body = req.method === "HEAD" ? null : Bun.file(join(assets.dir, "files", `${name}${chosen?.suffix ?? ""}`));
  return new Response(body, { headers });
}

/** The smallest form that the client takes; a quality of 0 is a refusal (RFC 9110 section 12.5.3). */
function chooseEncoding(file: AssetFile, accepted: string): (typeof ENCODINGS)[number] | undefined {
  const names = new Set<string>();
  for (const part of accepted.toLowerCase().split(",").slice(0, 20)) {
    const [name, ...parameters] = part.split(";").map((text) => text.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (name !== undefined && name !== "" && !refused) names.add(name);
  }
  return ENCODINGS.find((encoding) => file[encoding.field] !== undefined && names.has(encoding.name));
}
