import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import type { ContainerCreateOptions } from "dockerode";
import type { FileMount } from "../placed-files.ts";

export const LABEL = {
  node: "dev.homeport.node",
  replica: "dev.homeport.replica",
  workload: "dev.homeport.workload",
  release: "dev.homeport.release",
  project: "dev.homeport.project",
  port: "dev.homeport.port",
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
export const containerName = (replica: Pick<DesiredReplica, "id" | "serviceSlug" | "releaseNumber">): string =>
  `hp-${replica.serviceSlug}-${replica.releaseNumber}-${shortId(replica.id)}`;

export const networkName = (projectId: string): string => `hp-${shortId(projectId)}`;

/** A service without names of its own goes by its slug. */
export const namesOf = (replica: Pick<DesiredReplica, "aliases" | "serviceSlug">): string[] =>
  replica.aliases.length > 0 ? replica.aliases : [replica.serviceSlug];

/**
 * The whole request that makes a container, field by field from our own closed type: nothing of the tenant's reaches the
 * engine unless it is written here. The stop signal is the image's own, since nginx and others need theirs.
 */
export const containerRequest = (
  replica: DesiredReplica,
  context: { nodeId: string; imageName: string; addressing: Addressing; files: readonly FileMount[] },
): ContainerCreateOptions => {
  const network = networkName(replica.projectId);
  const port = `${replica.port}/tcp`;
  const published = context.addressing === "published";
  return {
    name: containerName(replica),
    Image: context.imageName,
    Env: Object.entries({ ...replica.env, PORT: String(replica.port) }).map(([name, value]) => `${name}=${value}`),
    ...(replica.command === undefined ? {} : { Cmd: replica.command }),
    Labels: {
      [LABEL.node]: context.nodeId,
      [LABEL.replica]: replica.id,
      [LABEL.workload]: replica.workloadId,
      [LABEL.release]: replica.releaseId,
      [LABEL.project]: replica.projectId,
      [LABEL.port]: String(replica.port),
    },
    Tty: false,
    OpenStdin: false,
    Healthcheck: { Test: ["NONE"] }, // we probe from outside; an image's own check would run beside it for nothing
    StopTimeout: Math.ceil(replica.graceSeconds),
    ...(published ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      NetworkMode: network,
      RestartPolicy: restartPolicy(replica.restart),
      CapDrop: ["ALL"],
      CapAdd: CAPABILITIES,
      SecurityOpt: ["no-new-privileges:true"],
      Privileged: false,
      PidsLimit: PIDS_LIMIT,
      ...limits(replica.resources),
      // A source that is gone, as after a restart of the machine, keeps the container from starting; `Binds` would make it.
      Mounts: context.files.map(({ from, to }) => ({ Type: "bind", Source: from, Target: to, ReadOnly: true })),
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      ...(published ? { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } } : {}),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: namesOf(replica) } } },
  };
};

/** dockerd itself starts a serving container again, also while no agent runs; a candidate must not hide its crash. */
export const restartPolicy = (restart: "never" | "always"): { Name: string; MaximumRetryCount: number } => ({
  Name: restart === "always" ? "unless-stopped" : "no",
  MaximumRetryCount: 0,
});

/** Memory and swap together are the limit, else a container would swap the machine to a halt. */
const limits = ({ memoryMiB, cpus }: DesiredReplica["resources"]) => ({
  ...(memoryMiB === undefined ? {} : { Memory: memoryMiB * 1024 * 1024, MemorySwap: memoryMiB * 1024 * 1024 }),
  ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
});
