import type { DesiredReplica, ObservedReplica } from "@homeport/clusters/contract.ts";
import type { ControlPlane, Observation } from "../src/ports.ts";

/** A control plane in memory: hands out the newest state and remembers what it was told. */
export const createControlPlane = (nodeId: string) => {
  let state: unknown = null;
  let generation = 0;
  let wake = Promise.withResolvers<void>();
  const reports: Observation[] = [];
  const plane = {
    offline: false,
    reports,
    /** Sends any body, also a wrong one. */
    sendRaw(body: unknown): void {
      state = body;
      wake.resolve();
      wake = Promise.withResolvers<void>();
    },
    want(...replicas: DesiredReplica[]): number {
      generation += 1;
      plane.sendRaw({ nodeId, generation, complete: true, replicas });
      return generation;
    },
    seen: (id: string): ObservedReplica | undefined => reports.at(-1)?.replicas.find((replica) => replica.id === id),
    /** Every state that was reported of a replica, in order, without repetitions. */
    history: (id: string): string[] =>
      reports
        .flatMap(({ replicas }) => replicas.filter((replica) => replica.id === id).map((replica) => replica.state))
        .filter((one, index, all) => one !== all[index - 1]),
  };
  const refuse = (): void => {
    if (plane.offline) throw new Error("the control plane is away");
  };
  const port: ControlPlane = {
    async desired(after, _waitSeconds, signal) {
      refuse();
      const current = state as { generation?: number } | null;
      if (current === null || (current.generation ?? 0) <= after) {
        const aborted = new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => resolve(), { once: true }),
        );
        await Promise.race([wake.promise, aborted]);
      }
      refuse();
      return structuredClone(state);
    },
    async observed(report) {
      refuse();
      reports.push(structuredClone(report));
    },
  };
  return Object.assign(plane, { port });
};
