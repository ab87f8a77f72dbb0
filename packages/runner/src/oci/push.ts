import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { BuildFailure } from "../build-failure.ts";
import { pause } from "../run/pause.ts";
import { type Layer, MANIFEST_TYPE, type ProcessImage } from "./image.ts";
import { openRegistry, type Registry, type RegistryAccess, refusal } from "./registry.ts";

export type PushTarget = RegistryAccess;

const UPLOAD_TIMEOUT_MS = 30 * 60_000;
/** A registry that restarts is back within this. */
const RETRY_MS = [500, 2_000, 5_000];

/**
 * Pushes an image of one layer (OCI distribution 1.1, "Push"): blobs that the registry lacks, then the manifest under its
 * own digest, which the registry has to confirm. Safe to repeat.
 *
 * @throws {BuildFailure} push_failed
 */
export const pushImage = async (
  target: PushTarget,
  layer: Layer,
  image: ProcessImage,
  signal: AbortSignal,
): Promise<void> => {
  const registry = openRegistry(target, signal);
  await again(() => pushBlob(registry, layer.digest, Bun.file(layer.path)), signal);
  crashpoint("runner.push.blob");
  await again(() => pushBlob(registry, image.configBlob.digest, new Blob([image.config])), signal);
  await again(() => pushManifest(registry, image), signal);
  crashpoint("runner.push.manifest");
};

const pushBlob = async (registry: Registry, digest: string, body: Blob): Promise<void> => {
  const known = await registry.call(`blobs/${digest}`, { method: "HEAD" });
  if (known.status === 200) return;
  const started = await registry.call("blobs/uploads/", { method: "POST" });
  const location = started.headers.get("location");
  if (started.status !== 202 || location === null) throw await refusalOrRetry("an upload", started);
  const place = `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
  const contentType = "application/octet-stream";
  const pushed = await registry.call(place, { method: "PUT", contentType, body, timeoutMs: UPLOAD_TIMEOUT_MS });
  if (pushed.status !== 201) throw await refusalOrRetry("a part of the image", pushed);
};

const pushManifest = async (registry: Registry, { digest, manifest }: ProcessImage): Promise<void> => {
  const pushed = await registry.call(`manifests/${digest}`, {
    method: "PUT",
    contentType: MANIFEST_TYPE,
    body: new Blob([manifest]),
  });
  if (pushed.status !== 201) throw await refusalOrRetry("the image", pushed);
  const stored = pushed.headers.get("docker-content-digest") ?? digest;
  if (stored !== digest)
    throw new BuildFailure("push_failed", `The registry stored the image as ${stored}, which is not what was pushed.`);
};

/** The registry has trouble of its own; the same request may work in a moment. */
class Trouble extends Error {
  readonly failure: BuildFailure;

  constructor(failure: BuildFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

const refusalOrRetry = async (what: string, response: Response): Promise<BuildFailure | Trouble> => {
  const failure = await refusal(what, response);
  return response.status >= 500 || response.status === 429 ? new Trouble(failure) : failure;
};

const again = async (work: () => Promise<void>, signal: AbortSignal): Promise<void> => {
  for (const waitMs of RETRY_MS) {
    try {
      return await work();
    } catch (err) {
      // Without an answer the failure has a cause: the connection broke.
      const passing = err instanceof Trouble || (err instanceof BuildFailure && err.cause !== undefined);
      if (!passing) throw err;
      if (!(await pause(waitMs, signal))) throw signal.reason;
    }
  }
  return work().catch((err: unknown) => {
    throw err instanceof Trouble ? err.failure : err;
  });
};
