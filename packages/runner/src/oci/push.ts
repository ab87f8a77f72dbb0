import type { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { BuildFailure } from "../build-failure.ts";
import { type Layer, MANIFEST_TYPE, type ProcessImage } from "./image.ts";

export type PushTarget = { registry: string; repository: string; password: Secret };

const Token = z.object({ token: z.string().max(10_000) });
const TIMEOUT_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 30 * 60_000;

/**
 * Pushes an image of one layer (OCI distribution 1.1, "Push"): blobs that the registry lacks, then the manifest under its
 * own digest. Safe to repeat.
 *
 * @throws {BuildFailure} push_failed
 */
export const pushImage = async (target: PushTarget, layer: Layer, image: ProcessImage, signal: AbortSignal): Promise<void> => {
  const base = `http://${target.registry}/v2/${target.repository}`;
  const token = await fetchToken(target, signal);
  const call = (url: string, init: RequestInit, timeoutMs = TIMEOUT_MS) =>
    send(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` } }, timeoutMs, signal);
  const pushBlob = async (digest: string, body: Bun.BunFile | Uint8Array<ArrayBuffer>): Promise<void> => {
    const known = await call(`${base}/blobs/${digest}`, { method: "HEAD" });
    if (known.status === 200) return;
    const headers = { "content-type": "application/octet-stream" };
    const pushed = await call(`${base}/blobs/uploads/?digest=${digest}`, { method: "POST", headers, body }, UPLOAD_TIMEOUT_MS);
    if (pushed.status !== 201) throw await refused("a layer", pushed);
  };
  await pushBlob(layer.digest, Bun.file(layer.path));
  await pushBlob(image.configBlob.digest, image.config);
  const headers = { "content-type": MANIFEST_TYPE };
  const pushed = await call(`${base}/manifests/${image.digest}`, { method: "PUT", headers, body: image.manifest });
  if (pushed.status !== 201) throw await refused("the manifest", pushed);
};

/** Docker's token flow: Basic against the token service of the same registry, for this one repository. */
const fetchToken = async ({ registry, repository, password }: PushTarget, signal: AbortSignal): Promise<string> => {
  const query = new URLSearchParams({ service: "homeport", scope: `repository:${repository}:pull,push` });
  const basic = Buffer.from(`homeport:${password.reveal()}`).toString("base64");
  const response = await send(`http://${registry}/v2/token?${query}`, { headers: { authorization: `Basic ${basic}` } }, TIMEOUT_MS, signal);
  if (!response.ok) throw await refused("the build's token", response);
  return Token.parse(await response.json()).token;
};

const send = async (url: string, init: RequestInit, timeoutMs: number, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  } catch (err) {
    signal.throwIfAborted();
    throw new BuildFailure("push_failed", "The registry did not answer while the image was pushed.", { cause: err });
  }
};

const refused = async (what: string, response: Response): Promise<BuildFailure> =>
  new BuildFailure("push_failed", `The registry did not take ${what}: HTTP ${response.status} ${(await response.text()).slice(0, 300)}`);
