import type { ClientOptions } from "@homeport/kit/client.ts";
import { errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";

const Uploaded = z.object({ id: z.uuid(), sizeBytes: z.number(), sha256: z.string() });
export type Uploaded = z.infer<typeof Uploaded>;

const TIMEOUT_MS = 30 * 60_000;

/** Sends a gzip'd tar archive of sources; a deployment then names its id. @throws {DomainError} */
export const uploadArchive = async (
  options: ClientOptions,
  archive: ReadableStream<Uint8Array> | Blob,
): Promise<Uploaded> => {
  let response: Response;
  try {
    response = await fetch(`${options.url}/api/v1/ci/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${await options.token()}`, "content-type": "application/gzip" },
      body: archive,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (err) {
    throw new DomainError("unavailable", `${options.url} does not take the upload.`, { cause: err });
  }
  if (!response.ok) throw await errorFrom(response);
  return Uploaded.parse(await response.json());
};
