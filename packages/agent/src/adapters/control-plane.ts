import { cpus, hostname, totalmem } from "node:os";
import { contract } from "@homeport/clusters/contract.ts";
import { type ClientOptions, clientError, clientOf } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ContainerEngine, ControlPlane } from "../ports.ts";
import { openShellLine } from "./shell-line.ts";

export type ControlPlaneOptions = ClientOptions & {
  version: string;
  engine: ContainerEngine;
  /** The highest generation that this node has ever applied; a database restored from a backup must not fall below it. */
  appliedGeneration: () => number;
};

/** A hello is a small question, and while it has no answer nothing else is asked. */
const HELLO_TIMEOUT_MS = 10_000;

/** The clusters app as this node's control plane, through the gateway. */
export const clustersControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { agent } = clientOf(contract, "clusters", { ...options, timeoutMs: 60_000 });
  let greeting: Promise<void> | null = null;
  let sequence = 0;

  const greet = async (): Promise<void> => {
    const { kind, version: engineVersion } = await options.engine.info();
    const hello = {
      name: hostname(),
      engine: kind,
      engineVersion,
      version: options.version,
      os: process.platform,
      arch: process.arch,
      capacity: { cpus: cpus().length, memoryMiB: Math.floor(totalmem() / 2 ** 20) },
      appliedGeneration: Math.max(0, options.appliedGeneration()),
    };
    await agent.hello(hello, { signal: AbortSignal.timeout(HELLO_TIMEOUT_MS) });
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
      const { accepted } = await known(() => {
        sequence += 1;
        const { nodeId, generation, replicas, tasks } = state;
        const observedAt = new Date().toISOString();
        return agent.observed(
          { nodeId, sequence, generation, complete: true, observedAt, replicas, tasks },
          { signal },
        );
      });
      if (accepted) return;
      // A late one of an agent that died came after our hello, and its number is higher than ours: another hello begins anew.
      greeting = null;
      throw new DomainError("unavailable", "A report of before this agent started was taken for a later one.");
    },
    shell: (id, signal) => openShellLine(options, id, signal),
  };
};
