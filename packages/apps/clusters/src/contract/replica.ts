import { Instant, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_SHELLS } from "../shell.ts";
import { Health, ImageRef, Port, Reason, Resources, RestartPolicy, WorkloadRelease } from "./release.ts";
import { DesiredShell } from "./shell.ts";
import { MAX_TASKS, Task, TaskReport } from "./task.ts";
import { WorkloadVolumes } from "./volume.ts";

/** One label of a host name (RFC 1123 section 2.1). */
const DnsLabel = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a DNS label");

/** One copy as an agent shall run it. */
export const DesiredReplica = z.object({
  id: z.uuid(),
  workloadId: z.uuid(),
  /**
   * The newest generation that its workload was ever given: the same for all of the workload's replicas in one state,
   * and never lower in a later one. A lower one than was seen comes from a control plane that was overtaken.
   */
  epoch: z.number().int().min(1).default(1),
  /** A `run` is one command: started once, not probed, not reached by anybody; it has no health check and no aliases. */
  kind: z.enum(["service", "run"]).default("service"),
  organisationId: z.uuid(),
  projectId: z.uuid(),
  /** The network in which its neighbours are; the project's own when absent. */
  networkId: z.uuid().optional(),
  projectSlug: Slug,
  serviceSlug: Slug,
  releaseId: z.uuid(),
  releaseNumber: z.number().int().min(0),
  image: ImageRef,
  env: WorkloadRelease.shape.env,
  files: WorkloadRelease.shape.files,
  port: Port,
  command: WorkloadRelease.shape.command,
  health: Health,
  resources: Resources,
  graceSeconds: z.number().min(0).max(3600),
  /** A candidate and a run are started once ("never"); a serving replica is started again as its release says. */
  restart: RestartPolicy,
  volumes: WorkloadVolumes.default([]),
  /** Of a run: ended by the agent after that long, counted from its start, with the reason `run_timed_out`. */
  timeoutSeconds: z.number().int().min(1).max(86_400).optional(),
  /** Where its lines go; `runtime.<workloadId>` when absent. */
  logStream: z
    .string()
    .max(120)
    .regex(/^[a-z]+\.[0-9a-f-]+$/, "must be the name of a stream")
    .optional(),
  desired: z.enum(["running", "stopped"]),
  /** Names under which other services of the project reach this one; none means the service's slug. */
  aliases: z.array(DnsLabel).max(16),
});

/** Everything one node shall run. */
export const DesiredState = z.object({
  nodeId: z.uuid(),
  /** Grows with every change; an agent never acts on a lower one than it has seen. */
  generation: z.number().int().min(0),
  /** Says that nothing is left out; without it nothing may be removed. */
  complete: z.literal(true),
  replicas: z.array(DesiredReplica).max(4096),
  /** Images that shall be on the node although no replica uses them now: of releases that runs are made of. */
  images: z.array(ImageRef).max(256).default([]),
  /** What it shall do once; one that is left out is forgotten. */
  tasks: z.array(Task).max(MAX_TASKS).default([]),
  /** Terminals in its replicas that it shall come for. */
  shells: z.array(DesiredShell).max(MAX_SHELLS).default([]),
});

export const ReplicaState = z.enum([
  "pulling",
  "starting",
  "running",
  "ready",
  "unhealthy",
  "exited",
  "failed",
  "stopped",
]);

export const Address = z.object({ host: z.string().min(1).max(255), port: Port });

export const ObservedReplica = z.object({
  id: z.uuid(),
  state: ReplicaState,
  address: Address.optional(),
  readySince: Instant.optional(),
  restarts: z.number().int().min(0),
  reason: Reason.optional(),
  startedAt: Instant.optional(),
  /** With the state `exited`: how the process ended, as shells say it; null when nobody saw it end. */
  exitCode: z.number().int().nullable().optional(),
});

/** What an agent sees, answering to one generation of desired state. */
export const ObservedState = z.object({
  nodeId: z.uuid(),
  generation: z.number().int().min(0),
  engine: z.enum(["docker", "process"]).optional(),
  /** Grows with each report of one agent process; a report that arrives after a later one is ignored. */
  sequence: z.number().int().min(1).optional(),
  /** The agent's clock at sending: its other instants are compared with it, so that clocks may differ. */
  observedAt: Instant.optional(),
  /** Whether every replica the agent has or works on is listed; what is absent then does not exist. */
  complete: z.boolean().default(true),
  replicas: z.array(ObservedReplica).max(8192),
  /** Of tasks that the node knows of. One that is left out may still be told later, since answers can be large. */
  tasks: z.array(TaskReport).max(MAX_TASKS).default([]),
});

export type Address = z.infer<typeof Address>;
export type DesiredReplica = z.infer<typeof DesiredReplica>;
export type DesiredState = z.infer<typeof DesiredState>;
export type ReplicaState = z.infer<typeof ReplicaState>;
export type ObservedReplica = z.infer<typeof ObservedReplica>;
export type ObservedState = z.infer<typeof ObservedState>;
