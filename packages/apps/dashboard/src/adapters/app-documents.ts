import { z } from "zod";
import type { FetchDocument } from "../ports.ts";

const Document = z.object({ paths: z.record(z.string(), z.unknown()).default({}) });

const TIMEOUT_MS = 5_000;

/** Documents of apps, through the gateway. */
export const appDocuments =
  (gatewayUrl: string): FetchDocument =>
  async (path) => {
    const response = await fetch(gatewayUrl + path, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return Document.parse(await response.json());
  };
