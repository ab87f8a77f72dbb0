import { readBlob, removeBlob } from "./blobs.ts";
import { readManifest, removeManifest, writeManifest } from "./manifests.ts";
import type { Operation } from "./operation.ts";
import { listTags } from "./tags.ts";
import { appendUpload, cancelUpload, finishUpload, showUpload, startUpload } from "./uploads.ts";

type Methods = Readonly<Partial<Record<string, Operation>>>;

/**
 * What there is below /v2/<name>/, first match wins: OCI distribution specification 1.1, "Endpoints". Names have any
 * number of segments, so the end of a path says what it is.
 */
const PATHS: readonly { path: RegExp; methods: Methods }[] = [
  { path: /^\/v2\/(.+)\/blobs\/uploads\/?$/, methods: { POST: startUpload } },
  {
    path: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    methods: { GET: showUpload, PATCH: appendUpload, PUT: finishUpload, DELETE: cancelUpload },
  },
  { path: /^\/v2\/(.+)\/blobs\/([^/]+)$/, methods: { GET: readBlob, HEAD: readBlob, DELETE: removeBlob } },
  {
    path: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    methods: { GET: readManifest, HEAD: readManifest, PUT: writeManifest, DELETE: removeManifest },
  },
  { path: /^\/v2\/(.+)\/tags\/list$/, methods: { GET: listTags, HEAD: listTags } },
];

/** `operation` null: the address is known, the method is not for it. */
export type OciPath = { name: string; target: string; operation: Operation | null };

/** Null for addresses that the protocol does not have. Name and target are decoded, and not checked. */
export const parseOciPath = (method: string, pathname: string): OciPath | null => {
  for (const { path, methods } of PATHS) {
    const match = path.exec(pathname);
    if (match === null) continue;
    const name = decode(match[1] ?? "");
    const target = decode(match[2] ?? "");
    return name === null || target === null ? null : { name, target, operation: methods[method] ?? null };
  }
  return null;
};

const decode = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // not UTF-8: nothing of ours
  }
};
