import { parseEndpoint } from "./endpoint.ts";
import { openStream } from "./streams.ts";

const PATIENCE_MS = 2_000;

/** Whether a Docker engine answers there at all. Without dockerode, which a node without Docker never has to load. */
export const dockerAnswers = async (dockerHost: string | undefined): Promise<boolean> => {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const res = await openStream(parseEndpoint(dockerHost), "/_ping", { method: "GET", signal });
    return res.ok && (await res.text()) === "OK";
  } catch {
    return false;
  }
};
