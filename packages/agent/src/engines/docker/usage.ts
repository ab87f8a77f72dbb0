import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import type { ContainerEngine } from "../../ports.ts";
import { LABEL } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { fullName } from "./images.ts";
import { openStream } from "./streams.ts";

const Labels = z.record(z.string(), z.string()).nullish();

/** The part of an answer of /system/df that we read (Docker Engine API 1.41 to 1.48, SystemDataUsage). */
const DiskFree = z.object({
  Images: z
    .array(
      z.object({
        Id: z.string(),
        RepoTags: z.array(z.string()).nullish(),
        RepoDigests: z.array(z.string()).nullish(),
        Size: z.number(),
        SharedSize: z.number().default(0),
        Containers: z.number().default(0),
      }),
    )
    .nullish(),
  Containers: z.array(z.object({ Labels, SizeRw: z.number().default(0) })).nullish(),
  Volumes: z.array(z.object({ Labels, UsageData: z.object({ Size: z.number() }).nullish() })).nullish(),
  BuildCache: z.array(z.object({ Size: z.number(), Shared: z.boolean().default(false) })).nullish(),
});

type Usage = Awaited<ReturnType<ContainerEngine["usage"]>>;

/** What the engine says that its disk is used for. It counts every file, which may take minutes. */
export const readUsage = async (
  endpoint: Endpoint,
  own: { nodeId: string; pulled: Record<string, number>; keep: string[] },
  signal: AbortSignal,
): Promise<Usage> => {
  const wait = { method: "GET" as const, signal, headersTimeoutMs: 10 * 60_000 };
  const res = await openStream(endpoint, "/system/df", wait);
  if (!res.ok) throw new DomainError("unavailable", "The Docker engine did not say what its disk is used for.");
  return countUsage(DiskFree.parse(await res.json()), own);
};

const countUsage = (
  found: z.infer<typeof DiskFree>,
  own: { nodeId: string; pulled: Record<string, number>; keep: string[] },
): Usage => {
  const pulled = new Set(Object.keys(own.pulled).map(fullName));
  const keep = new Set(own.keep.map(fullName));
  const images = (found.Images ?? []).map((image) => {
    const names = [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].map(fullName);
    // layers that others have too are not given free with this one
    const bytes = Math.max(0, image.Size - Math.max(0, image.SharedSize));
    const isOurs = names.some((name) => pulled.has(name));
    return { bytes, isOurs, isPinned: isOurs && (image.Containers > 0 || names.some((name) => keep.has(name))) };
  });
  const isOurs = (labels: z.infer<typeof Labels>): boolean => labels?.[LABEL.node] === own.nodeId;
  const containers = (found.Containers ?? []).map(({ Labels: labels, SizeRw }) => ({
    bytes: SizeRw,
    isOurs: isOurs(labels),
  }));
  const volumes = (found.Volumes ?? []).map(({ Labels: labels, UsageData }) => ({
    bytes: Math.max(0, UsageData?.Size ?? 0), // -1: not known
    isOurs: isOurs(labels),
  }));
  return {
    images: {
      ours: sumOf(images.filter((image) => image.isOurs)),
      pinned: sumOf(images.filter((image) => image.isPinned)),
      foreign: sumOf(images.filter((image) => !image.isOurs)),
    },
    containers: {
      ours: sumOf(containers.filter((one) => one.isOurs)),
      foreign: sumOf(containers.filter((one) => !one.isOurs)),
    },
    volumes: { ours: sumOf(volumes.filter((one) => one.isOurs)), foreign: sumOf(volumes.filter((one) => !one.isOurs)) },
    buildCache: sumOf((found.BuildCache ?? []).filter(({ Shared }) => !Shared).map(({ Size }) => ({ bytes: Size }))),
  };
};

const sumOf = (things: { bytes: number }[]): { count: number; bytes: number } => ({
  count: things.length,
  bytes: things.reduce((sum, { bytes }) => sum + bytes, 0),
});
