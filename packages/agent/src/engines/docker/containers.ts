import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type { ContainerCreateOptions } from "dockerode";
import { logStreamOf } from "../../log-stream.ts";
import { networkOf } from "../../network.ts";
import type { RestartPolicy } from "../../ports.ts";
import type { FileMount } from "../placed-files.ts";
import type { Ownership } from "./ownership.ts";

export const LABEL = {
  node: "dev.homeport.node",
  replica: "dev.homeport.replica",
  workload: "dev.homeport.workload",
  release: "dev.homeport.release",
  project: "dev.homeport.project",
  network: "dev.homeport.network",
  port: "dev.homeport.port",
  epoch: "dev.homeport.epoch",
  /** `service` or `run`. */
  kind: "dev.homeport.kind",
  /** The name of the stream that its output goes to. */
  log: "dev.homeport.log",
  /** Of a volume: its id. Of a container: the ids of its volumes. */
  volume: "dev.homeport.volume",
  /** Of a container: that this node made it, see ownership.ts. */
  proof: "dev.homeport.proof",
} as const;

/** How the host reaches a container: at its own address (Linux), or through a port published on 127.0.0.1. */
export type Addressing = "container" | "published";

/** Enough for any honest server, and the end of a fork bomb. */
const PIDS_LIMIT = 4096;

/**
 * What remains of root inside a container. Docker's default set without MKNOD, AUDIT_WRITE, NET_RAW, SYS_CHROOT, SETPCAP
 * and SETFCAP. Images in wide use need the others: nginx and httpd bind port 80 and change user (NET_BIND_SERVICE,
 * SETUID, SETGID), postgres, redis and mysql first give their data folder to that user (CHOWN, FOWNER, DAC_OVERRIDE,
 * FSETID), and supervisors end their children (KILL).
 */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/** A whole UUID would be too long to read in `docker ps`; its last part is the random one. */
const shortId = (id: string): string => id.slice(-12);

/** Names of everything we make end in what makes them unique, not in what a person chose. */
export const containerName = (
  replica: Pick<DesiredReplica, "id" | "serviceSlug" | "releaseNumber"> & { kind?: DesiredReplica["kind"] },
): string =>
  `hp-${replica.serviceSlug}-${replica.releaseNumber}-${replica.kind === "run" ? "run-" : ""}${shortId(replica.id)}`;

/** Whether a container's name, as the engine tells it, is one that we gave to this replica. */
export const isContainerNameOf = (name: string, id: string): boolean =>
  /^\/?hp-/.test(name) && name.endsWith(`-${shortId(id)}`);

export const volumeName = (volumeId: string): string => `hp-${shortId(volumeId)}`;

export const networkName = (networkId: string): string => `hp-${shortId(networkId)}`;

/** The network of a container by its labels; those of an earlier version say only the project. */
export const networkIn = (labels: Readonly<Record<string, string>> | undefined): string | null =>
  labels?.[LABEL.network] ?? labels?.[LABEL.project] ?? null;

/** A service without names of its own goes by its slug; nobody looks for a run. */
export const namesOf = (replica: Pick<DesiredReplica, "kind" | "aliases" | "serviceSlug">): string[] =>
  replica.kind === "run" || replica.aliases.length > 0 ? replica.aliases : [replica.serviceSlug];

/**
 * The whole request that makes a container, field by field from our own closed type: nothing of the tenant's reaches the
 * engine unless it is written here. The stop signal is the image's own, since nginx and others need theirs.
 */
export const containerRequest = (
  replica: DesiredReplica,
  context: {
    nodeId: string;
    imageName: string;
    addressing: Addressing;
    files: readonly FileMount[];
    prove: Ownership["prove"];
  },
): ContainerCreateOptions => {
  const network = networkName(networkOf(replica));
  const port = `${replica.port}/tcp`;
  const published = context.addressing === "published";
  const labels = labelsOf(replica, context.nodeId);
  return {
    name: containerName(replica),
    Image: context.imageName,
    Env: Object.entries({ ...replica.env, PORT: String(replica.port) }).map(([name, value]) => `${name}=${value}`),
    ...(replica.command === undefined ? {} : { Cmd: replica.command }),
    Labels: { ...labels, [LABEL.proof]: context.prove(labels) },
    Tty: false,
    OpenStdin: false,
    Healthcheck: { Test: ["NONE"] }, // we probe from outside; an image's own check would run beside it for nothing
    StopTimeout: Math.ceil(replica.graceSeconds),
    ...(published ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      NetworkMode: network,
      RestartPolicy: restartPolicy(replica.kind === "run" ? "never" : replica.restart),
      CapDrop: ["ALL"],
      CapAdd: CAPABILITIES,
      SecurityOpt: ["no-new-privileges:true"],
      Privileged: false,
      PidsLimit: PIDS_LIMIT,
      ...limits(replica.resources),
      // A source that is gone, as after a restart of the machine, keeps the container from starting; `Binds` would make it.
      Mounts: [
        ...context.files.map(({ from, to }) => ({ Type: "bind" as const, Source: from, Target: to, ReadOnly: true })),
        // what the image has at that place is copied into a volume that is still empty, with its owners
        ...replica.volumes.map(({ volumeId, path }) => ({
          Type: "volume" as const,
          Source: volumeName(volumeId),
          Target: path,
        })),
      ],
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      ...(published ? { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: namesOf(replica) } } },
  };
};

/** All of ours, so that none of them can come from the image. */
const labelsOf = (replica: DesiredReplica, nodeId: string): Record<string, string> => ({
  [LABEL.node]: nodeId,
  [LABEL.replica]: replica.id,
  [LABEL.workload]: replica.workloadId,
  [LABEL.release]: replica.releaseId,
  [LABEL.project]: replica.projectId,
  [LABEL.network]: networkOf(replica),
  [LABEL.port]: String(replica.port),
  [LABEL.epoch]: String(replica.epoch),
  [LABEL.kind]: replica.kind,
  [LABEL.log]: logStreamOf(replica),
  [LABEL.volume]: replica.volumes.map(({ volumeId }) => volumeId).join(" "),
});

/** dockerd itself starts a serving container again, also while no agent runs; a candidate must not hide its crash. */
export const restartPolicy = (restart: RestartPolicy): { Name: string; MaximumRetryCount: number } => ({
  Name: POLICY_NAMES[restart],
  MaximumRetryCount: 0, // no limit; the pauses grow
});

const POLICY_NAMES = { always: "unless-stopped", "on-failure": "on-failure", never: "no" } as const;

export const restartOf = (policyName: string): RestartPolicy =>
  policyName === POLICY_NAMES.always ? "always" : policyName === POLICY_NAMES["on-failure"] ? "on-failure" : "never";

/** Memory and swap together are the limit, else a container would swap the machine to a halt. */
const limits = ({ memoryMiB, cpus }: DesiredReplica["resources"]) => ({
  ...(memoryMiB === undefined ? {} : { Memory: memoryMiB * 1024 * 1024, MemorySwap: memoryMiB * 1024 * 1024 }),
  ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
});
