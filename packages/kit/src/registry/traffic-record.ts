import { z } from "zod";

/** How many workloads one gateway tells of, those whose route changed last first, and how many targets of each. */
export const MAX_TRAFFIC_WORKLOADS = 500;
export const MAX_TRAFFIC_TARGETS = 256;
/** How many gateways are remembered for one workload. Each worker process counts as one, and each start of it. */
export const MAX_TRAFFIC_GATEWAYS = 256;

const Count = z.number().int().min(0);

/** What became of the requests that one replica was given. Each request counts once in each of these at most. */
export const TargetTraffic = z.object({
  replicaId: z.string().max(64),
  /** Given to it, tries that were then repeated elsewhere included. */
  requests: Count,
  /**
   * What it answered with 5xx (a WebSocket's handshake with 4xx too), or did not answer, not in time or not as HTTP, or
   * broke off. Includes requests that ran already when counting began, so there may be more of them than requests.
   */
  errors: Count,
  /**
   * Where the client noticed: a 502, 503 or 504 of the gateway's, or an answer or WebSocket that was reset. Errors all of
   * them, but for what a gateway cut because it stopped.
   */
  failed: Count,
});

/**
 * What one gateway process has counted for one workload since `startedAt`. Nothing of it ever falls; a gateway that begins
 * anew, after a restart or after a time in which it told nothing of the workload, says so with another `startedAt`.
 */
export const TrafficRecord = z.object({
  schema: z.literal(1),
  workloadId: z.string().max(64),
  /** The gateway process. */
  instance: z.string().max(64),
  startedAt: z.iso.datetime(),
  /** It ended in order, and this is the last that it had to say. */
  isStopped: z.boolean(),
  /** Requests that got a 503, since no replica was there for them. */
  unserved: Count,
  targets: z.array(TargetTraffic).max(MAX_TRAFFIC_TARGETS),
});

export type TargetTraffic = z.infer<typeof TargetTraffic>;
export type TrafficRecord = z.infer<typeof TrafficRecord>;
