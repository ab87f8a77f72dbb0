import { PATHS, patternBody, smallJson, UPLOAD_BYTES } from "./answers.ts";
import { type Target, urlOf } from "./target.ts";

const TIMEOUT_MS = 10_000;

/** One request to each target before it is measured. @throws {Error} naming the target that answers something else */
export const checkBodies = async (targets: readonly Target[], path: string, expected: Uint8Array): Promise<void> => {
  for (const target of targets) {
    const body = await answer(target, path);
    if (!Buffer.from(body).equals(expected)) {
      throw new Error(`${target.name} answered ${path} with ${body.byteLength} bytes that the upstream did not send.`);
    }
  }
};

export const checkJson = async (targets: readonly Target[], headers: Record<string, string> = {}): Promise<void> => {
  for (const target of targets) {
    const text = new TextDecoder().decode(await answer(target, PATHS.json, { headers }));
    if (text !== smallJson()) throw new Error(`${target.name} answered ${PATHS.json} with: ${text.slice(0, 200)}`);
  }
};

export const checkUploads = async (targets: readonly Target[]): Promise<void> => {
  const body = patternBody(UPLOAD_BYTES);
  for (const target of targets) {
    const text = new TextDecoder().decode(await answer(target, PATHS.upload, { method: "POST", body }));
    if (text !== String(UPLOAD_BYTES)) throw new Error(`${target.name} passed on ${text} bytes of ${UPLOAD_BYTES}.`);
  }
};

const answer = async (target: Target, path: string, init: RequestInit = {}): Promise<ArrayBuffer> => {
  const headers = { ...(init.headers as Record<string, string> | undefined), host: target.host };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(urlOf(target, path), { ...init, headers, signal });
  if (response.status !== 200) throw new Error(`${target.name} answered ${path} with ${response.status}.`);
  return response.arrayBuffer();
};
