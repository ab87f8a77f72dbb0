import { isId } from "@homeport/kit/ids.ts";
import type { Digest } from "../../digest.ts";
import { OciError } from "../../errors.ts";
import { type Chunk, progress, type UploadKey } from "../../service/blob-uploads.ts";
import { digestOf } from "./blobs.ts";
import type { OciCall, OciServices, Operation } from "./operation.ts";

/** POST /v2/<name>/blobs/uploads/: mounts a blob, takes a whole one with ?digest=, or opens an upload. */
export const startUpload: Operation = {
  action: "push",
  creates: true,
  async run(services, call) {
    const { query, repository, request } = call;
    const mounted = await mount(services, call);
    if (mounted !== null) return created(repository.name, mounted);
    const whole = query.get("digest");
    const digest = whole === null ? null : digestOf(whole);
    const id = await services.uploads.start(repository.id);
    const key = { id, repositoryId: repository.id, name: repository.name };
    if (digest === null) return new Response(null, { status: 202, headers: progress(key, 0) });
    await services.uploads.finish(key, digest, { body: bodyOf(request), range: null });
    return created(repository.name, digest);
  },
};

/** ?mount=<digest>&from=<name>. What cannot be mounted is uploaded instead, so it tells nothing about other repositories. */
const mount = async ({ admit, blobs }: OciServices, { query, caller, repository }: OciCall): Promise<Digest | null> => {
  const wanted = query.get("mount");
  if (wanted === null) return null;
  const digest = digestOf(wanted);
  const from = await admit.source(caller, query.get("from") ?? "");
  return from !== null && (await blobs.mount(repository, from, digest)) ? digest : null;
};

/** PATCH /v2/<name>/blobs/uploads/<id> */
export const appendUpload: Operation = {
  action: "push",
  async run({ uploads }, call) {
    const key = keyOf(call);
    const size = await uploads.append(key, { body: bodyOf(call.request), range: rangeOf(call.request) });
    return new Response(null, { status: 202, headers: progress(key, size) });
  },
};

/** PUT /v2/<name>/blobs/uploads/<id>?digest=, with or without the last chunk */
export const finishUpload: Operation = {
  action: "push",
  async run({ uploads }, call) {
    const digest = digestOf(call.query.get("digest"));
    await uploads.finish(keyOf(call), digest, lastChunkOf(call.request));
    return created(call.repository.name, digest);
  },
};

/** GET /v2/<name>/blobs/uploads/<id> */
export const showUpload: Operation = {
  action: "push",
  async run({ uploads }, call) {
    const key = keyOf(call);
    return new Response(null, { status: 204, headers: progress(key, await uploads.size(key)) });
  },
};

/** DELETE /v2/<name>/blobs/uploads/<id> */
export const cancelUpload: Operation = {
  action: "push",
  async run({ uploads }, call) {
    await uploads.cancel(keyOf(call));
    return new Response(null, { status: 204 });
  },
};

const keyOf = ({ target, repository }: OciCall): UploadKey => {
  if (!isId(target)) throw new OciError("BLOB_UPLOAD_UNKNOWN", "There is no such upload.");
  return { id: target.toLowerCase(), repositoryId: repository.id, name: repository.name };
};

const created = (name: string, digest: Digest): Response =>
  new Response(null, {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
  });

const bodyOf = (request: Request): Chunk["body"] =>
  (request.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;

/** A final PUT without a body has nothing to append, not even an empty chunk with a wrong range. */
const lastChunkOf = (request: Request): Chunk | null => {
  const range = rangeOf(request);
  return request.body === null && range === null ? null : { body: bodyOf(request), range };
};

/** `<start>-<end>`, the protocol's own form; RFC 9110 would write `bytes <start>-<end>/*`. @throws {OciError} */
const rangeOf = (request: Request): Chunk["range"] => {
  const header = request.headers.get("content-range");
  if (header === null) return null;
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim());
  const range = match === null ? null : { start: Number(match[1]), end: Number(match[2]) };
  if (range === null || range.end < range.start) {
    throw new OciError("BLOB_UPLOAD_INVALID", "Content-Range: must be <first byte>-<last byte>.");
  }
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) !== range.end - range.start + 1) {
    throw new OciError("SIZE_INVALID", "Content-Range and Content-Length do not agree.");
  }
  return range;
};
