import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { z } from "zod";
import type { FetchDocument } from "../ports.ts";

const PathItem = z.record(z.string(), z.record(z.string(), z.unknown()));
const Document = z.object({ paths: z.record(z.string(), PathItem).default({}) });

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Documents of apps, through the gateway. */
export const appDocuments =
  (gatewayUrl: string): FetchDocument =>
  async (path) => {
    const url = new URL(path, gatewayUrl);
    // The path is what an app says of itself; `//elsewhere/x` would be somebody else's.
    invariant(url.origin === new URL(gatewayUrl).origin, `${path} is not a path of this platform`);
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new DomainError("unavailable", `${path} answered ${response.status}.`);
    return Document.parse(JSON.parse(await readText(response)));
  };

const readText = async (response: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BYTES)
      throw new DomainError("too_large", `The description is larger than ${MAX_BYTES} bytes.`);
  }
  return text;
};
