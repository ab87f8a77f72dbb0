import { cpus, hostname, totalmem } from "node:os";
import { contract } from "@homeport/clusters/contract.ts";
import { type ClientOptions, clientError, clientOf } from "@homeport/kit/client.ts";
import type { ContainerEngine, ControlPlane } from "../ports.ts";

export type ControlPlaneOptions = ClientOptions & {
  version: string;
  engine: ContainerEngine;
  /** The highest generation that this node has ever applied; a database restored from a backup must not fall below it. */
  appliedGeneration: () => number;
};

/** The clusters app as this node's control plane, through the gateway. */
export const clustersControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { agent } = clientOf(contract, "clusters", { ...options, timeoutMs: 60_000 });
  let greeting: Promise<void> | null = null;
  let sequence = 0;

  const greet = async (): Promise<void> => {
    const { kind, version: engineVersion } = await options.engine.info();
    await agent.hello({
      name: hostname(),
      engine: kind,
      engineVersion,
      version: options.version,
      os: process.platform,
      arch: process.arch,
      capacity: { cpus: cpus().length, memoryMiB: Math.floor(totalmem() / 2 ** 20) },
      appliedGeneration: Math.max(0, options.appliedGeneration()),
    });
    sequence = 0;
  };

  /** Says hello first, and again when the control plane has forgotten this node. */
  const known = async <T>(call: () => Promise<T>): Promise<T> => {
    greeting ??= greet();
    try {
      await greeting;
      return await call();
    } catch (err) {
      const failure = clientError(err);
      if (failure.code !== "unavailable" || sequence === 0) greeting = null;
      throw failure;
    }
  };

  return {
    desired: (after, waitSeconds, signal) =>
      known(() => agent.desired({ after: Math.max(0, after), waitSeconds }, { signal })),
    async observed(state, signal) {
      await known(() => {
        sequence += 1;
        const { nodeId, generation, replicas, tasks } = state;
        const observedAt = new Date().toISOString();
        return agent.observed(
          { nodeId, sequence, generation, complete: true, observedAt, replicas, tasks },
          { signal },
        );
      });
    },
  };
};
