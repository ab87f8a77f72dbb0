import type { Address } from "@homeport/clusters/contract.ts";
import { z } from "zod";
import type { EngineReplica } from "../../ports.ts";
import { type Addressing, LABEL, networkName } from "./containers.ts";

/** The part of an inspect answer that we read (Docker Engine API 1.41, ContainerInspect). */
const Inspected = z.object({
  Id: z.string(),
  RestartCount: z.number().int().min(0).default(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean().default(false),
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

/** Null when it is not a replica of this node: another's container, or one whose labels are not whole. */
export const toReplica = (answer: unknown, nodeId: string, addressing: Addressing): EngineReplica | null => {
  const found = Inspected.parse(answer);
  const labels = found.Config.Labels ?? {};
  const id = labels[LABEL.replica];
  const workloadId = labels[LABEL.workload];
  if (labels[LABEL.node] !== nodeId || id === undefined || workloadId === undefined) return null;
  return {
    id,
    workloadId,
    restart: found.HostConfig.RestartPolicy.Name === "unless-stopped" ? "always" : "never",
    restarts: found.RestartCount,
    state: toState(found, labels[LABEL.project] ?? "", addressing),
  };
};

type Inspected = z.infer<typeof Inspected>;

const toState = (found: Inspected, projectId: string, addressing: Addressing): EngineReplica["state"] => {
  const { State: state } = found;
  if (state.Status === "created") return { kind: "created" };
  if (state.Running && !state.Restarting) {
    return { kind: "running", startedAt: new Date(state.StartedAt), address: addressOf(found, projectId, addressing) };
  }
  const exit = { code: state.ExitCode, oomKilled: state.OOMKilled, at: new Date(state.FinishedAt) };
  return { kind: "exited", exit, restarting: state.Restarting };
};

const addressOf = (found: Inspected, projectId: string, addressing: Addressing): Address | null => {
  const port = Number(found.Config.Labels?.[LABEL.port]);
  if (!Number.isInteger(port)) return null;
  if (addressing === "container") {
    const host = found.NetworkSettings.Networks[networkName(projectId)]?.IPAddress;
    return host ? { host, port } : null;
  }
  const binding = found.NetworkSettings.Ports?.[`${port}/tcp`]?.find((one) => one.HostIp === "127.0.0.1");
  return binding === undefined ? null : { host: "127.0.0.1", port: Number(binding.HostPort) };
};
