import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import { ReplicaFailure } from "../../failure.ts";
import type { Credentials } from "../../ports.ts";

const HEADERS_TIMEOUT_MS = 30_000;
/** A download that brings no byte for so long is stuck. */
const SILENCE_MS = 60_000;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_TOKEN_BYTES = 64 * 1024;
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const Descriptor = z.object({ mediaType: z.string().max(255), digest: Digest, size: z.number().int().min(0) });

/** OCI image spec 1.1, manifest and config; only what we use. */
export const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(128) });
export const ImageConfig = z.object({
  config: z
    .object({
      Env: z.array(z.string().max(131_072)).max(1000).nullish(),
      Entrypoint: z.array(z.string()).max(256).nullish(),
      Cmd: z.array(z.string()).max(256).nullish(),
      WorkingDir: z.string().max(4096).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .default({}),
});
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });

export type Manifest = z.infer<typeof Manifest>;
export type ImageConfig = z.infer<typeof ImageConfig>;
export type Descriptor = z.infer<typeof Descriptor>;

/** A session of reading one repository. Everything it returns has been checked against the digest it was asked by. */
export type RegistryClient = {
  manifest(digest: string): Promise<Manifest>;
  config(descriptor: Descriptor): Promise<ImageConfig>;
  download(descriptor: Descriptor, path: string): Promise<void>;
};

/** Plain HTTP to this machine itself, as Docker does it; TLS to anywhere else. */
export const registryUrl = (registry: string): string =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(registry) ? `http://${registry}` : `https://${registry}`;

export const openRepository = (
  registry: string,
  repository: string,
  credentials: Credentials | null,
  signal: AbortSignal,
): RegistryClient => {
  const base = registryUrl(registry);
  let token: string | null = null;

  const get = async (path: string, accept: string): Promise<Response> => {
    const send = () => fetchWith(`${base}/v2/${repository}/${path}`, { accept, ...bearer(token) }, signal);
    let res = await send();
    if (res.status === 401 && credentials !== null) {
      await res.body?.cancel();
      token = await fetchToken(base, repository, credentials, signal);
      res = await send();
    }
    if (res.ok && res.body !== null) return res;
    await res.body?.cancel();
    throw refusal(`${repository}`, res.status);
  };

  const read = async (path: string, accept: string, digest: string, max: number): Promise<unknown> => {
    const chunks: Uint8Array[] = [];
    await consume(await get(path, accept), digest, max, (chunk) => void chunks.push(chunk));
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  };

  return {
    manifest: async (digest) =>
      Manifest.parse(await read(`manifests/${digest}`, MANIFEST_TYPES, digest, MAX_MANIFEST_BYTES)),
    config: async ({ digest }) => ImageConfig.parse(await read(`blobs/${digest}`, "*/*", digest, MAX_CONFIG_BYTES)),
    async download({ digest, size }, path) {
      const file = await open(path, "w", 0o600);
      try {
        await consume(await get(`blobs/${digest}`, "*/*"), digest, size, (chunk) => writeAll(file, chunk));
      } finally {
        await file.close();
      }
    },
  };
};

const bearer = (token: string | null) => (token === null ? {} : { authorization: `Bearer ${token}` });

/**
 * The token service of our registry is at /v2/token of the same host. The realm that the registry names is not followed:
 * it may show the address for people, and credentials never go anywhere but where the image comes from.
 */
const fetchToken = async (base: string, repository: string, credentials: Credentials, signal: AbortSignal) => {
  const query = new URLSearchParams({ service: "homeport", scope: `repository:${repository}:pull` });
  const basic = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString("base64");
  const res = await fetchWith(
    `${base}/v2/token?${query}`,
    { authorization: `Basic ${basic}`, accept: "application/json" },
    signal,
  );
  if (!res.ok) {
    await res.body?.cancel();
    throw refusal(repository, res.status);
  }
  const text = await res.text();
  if (text.length > MAX_TOKEN_BYTES)
    throw new DomainError("unavailable", "The registry sent a token that is too large.");
  const { token, access_token } = Token.parse(JSON.parse(text));
  return token ?? access_token ?? null;
};

const fetchWith = async (url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> => {
  const noHeaders = new AbortController();
  const timer = setTimeout(() => noHeaders.abort(), HEADERS_TIMEOUT_MS);
  try {
    return await fetch(url, {
      headers: { ...headers, "accept-encoding": "identity" },
      redirect: "error", // our registry serves blobs itself
      decompress: false, // a layer is to arrive as its digest says
      signal: AbortSignal.any([signal, noHeaders.signal]),
    });
  } catch (err) {
    if (signal.aborted) throw err;
    const message = "The image registry cannot be reached.";
    throw new ReplicaFailure({ code: "image_pull_failed", message }, { retryable: true, cause: err });
  } finally {
    clearTimeout(timer);
  }
};

/** Hands on the body chunk by chunk; throws when it is larger than `max`, stalls, or is not what `digest` says. */
const consume = async (
  res: Response,
  digest: string,
  max: number,
  take: (chunk: Uint8Array) => unknown,
): Promise<void> => {
  const hash = createHash("sha256");
  let size = 0;
  const reader = (res.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await withSilenceLimit(reader);
    if (done) break;
    size += value.byteLength;
    if (size > max) {
      await reader.cancel();
      throw damaged("is larger than it should be");
    }
    hash.update(value);
    await take(value);
  }
  if (`sha256:${hash.digest("hex")}` !== digest) throw damaged("does not have the expected content");
};

const withSilenceLimit = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(damaged("stopped arriving")), SILENCE_MS);
  try {
    return await Promise.race([reader.read(), promise]);
  } catch (err) {
    void reader.cancel().catch(() => undefined);
    throw err;
  } finally {
    clearTimeout(timer);
  }
};

const writeAll = async (file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> => {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
};

const damaged = (how: string): ReplicaFailure =>
  new ReplicaFailure({ code: "image_damaged", message: `A part of the image ${how}.` }, { retryable: true });

const refusal = (repository: string, status: number): ReplicaFailure => {
  if (status === 401 || status === 403) {
    const message = `This node may not pull the image ${repository}.`;
    return new ReplicaFailure({ code: "image_denied", message }, { retryable: false });
  }
  if (status === 404) {
    // it was pushed a moment ago; more likely the registry behind the gateway is just starting
    const message = `The image ${repository} is not in the registry.`;
    return new ReplicaFailure({ code: "image_not_found", message }, { retryable: true });
  }
  const message = `The image registry answered ${status}.`;
  return new ReplicaFailure({ code: "image_pull_failed", message }, { retryable: true });
};
