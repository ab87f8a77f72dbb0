import type { Address } from "@homeport/clusters/contract.ts";
import { z } from "zod";
import type { EngineReplica } from "../../ports.ts";
import { type Addressing, LABEL, networkIn, networkName, restartOf } from "./containers.ts";
import type { Ownership } from "./ownership.ts";

/** The part of an inspect answer that we read (Docker Engine API 1.41, ContainerInspect). */
const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number().int().min(0).default(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean().default(false),
    Pid: z.number().int().default(0),
    ExitCode: z.number().int(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullable() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }) }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string().optional() })),
    Ports: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable()).nullish(),
  }),
});

/** Null when it is not a replica of this node: another's container, or one that only looks like ours. */
export const toReplica = (answer: unknown, owns: Ownership["isOurs"], addressing: Addressing): EngineReplica | null => {
  const found = Inspected.parse(answer);
  const labels = found.Config.Labels ?? {};
  const id = labels[LABEL.replica];
  const workloadId = labels[LABEL.workload];
  if (id === undefined || workloadId === undefined || !owns({ name: found.Name, labels })) return null;
  return {
    id,
    workloadId,
    kind: labels[LABEL.kind] === "run" ? "run" : "service",
    epoch: Number(labels[LABEL.epoch] ?? 0),
    volumes: (labels[LABEL.volume] ?? "").split(" ").filter((volumeId) => volumeId !== ""),
    logStream: labels[LABEL.log] ?? `runtime.${workloadId}`,
    restart: restartOf(found.HostConfig.RestartPolicy.Name),
    restarts: found.RestartCount,
    state: toState(found, networkIn(labels) ?? "", addressing),
  };
};

type Inspected = z.infer<typeof Inspected>;

/** The first process of a running container as the engine's machine numbers it; null when it does not run. */
export const pidOf = (answer: unknown): number | null => {
  const { Running: running, Pid: pid } = Inspected.parse(answer).State;
  return running && pid > 1 ? pid : null;
};

const toState = (found: Inspected, networkId: string, addressing: Addressing): EngineReplica["state"] => {
  const { State: state } = found;
  if (state.Status === "created") return { kind: "created" };
  if (state.Running && !state.Restarting) {
    return { kind: "running", startedAt: new Date(state.StartedAt), address: addressOf(found, networkId, addressing) };
  }
  const exit = { code: state.ExitCode, oomKilled: state.OOMKilled, at: new Date(state.FinishedAt) };
  return { kind: "exited", exit, startedAt: new Date(state.StartedAt), restarting: state.Restarting };
};

const addressOf = (found: Inspected, networkId: string, addressing: Addressing): Address | null => {
  const port = Number(found.Config.Labels?.[LABEL.port]);
  if (!Number.isInteger(port)) return null;
  if (addressing === "container") {
    const host = found.NetworkSettings.Networks[networkName(networkId)]?.IPAddress;
    return host ? { host, port } : null;
  }
  const binding = found.NetworkSettings.Ports?.[`${port}/tcp`]?.find((one) => one.HostIp === "127.0.0.1");
  return binding === undefined ? null : { host: "127.0.0.1", port: Number(binding.HostPort) };
};
