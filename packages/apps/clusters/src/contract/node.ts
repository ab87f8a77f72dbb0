import { Instant } from "@homeport/kit/contract.ts";
import { z } from "zod";

export const EngineKind = z.enum(["docker", "process"]);

const word = (max: number) => z.string().min(1).max(max);
const Capacity = z.object({
  cpus: z.number().min(0).max(100_000),
  memoryMiB: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40),
});

/** What an agent says of its machine when it starts. */
export const Hello = z.object({
  name: word(120),
  engine: EngineKind,
  engineVersion: word(120),
  version: word(60),
  os: word(120).optional(),
  arch: word(40).optional(),
  capacity: Capacity,
  /** The highest generation it has ever applied, 0 for none; desired state never falls below it. */
  appliedGeneration: z.number().int().min(0).default(0),
});

export const NodeView = z.object({
  nodeId: z.uuid(),
  name: z.string(),
  engine: EngineKind,
  engineVersion: z.string(),
  version: z.string(),
  os: z.string().optional(),
  arch: z.string().optional(),
  capacity: Capacity,
  /** Whether workloads are kept from each other and from the machine. */
  isolates: z.boolean(),
  state: z.enum(["online", "offline"]),
  replicaCount: z.number().int(),
  lastSeenAt: Instant,
  registeredAt: Instant,
});

export type Hello = z.infer<typeof Hello>;
export type NodeView = z.infer<typeof NodeView>;
