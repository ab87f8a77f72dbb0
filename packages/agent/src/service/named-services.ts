import type { Address, DesiredReplica } from "@homeport/clusters/contract.ts";
import { networkOf } from "../network.ts";
import type { EngineReplica, NamedService } from "../ports.ts";

/**
 * The services of this node as their neighbours see them. Ready replicas answer for a service; serving ones go first, so
 * that a candidate gets nobody's requests before its time.
 */
export const namedServices = (
  wanted: DesiredReplica[],
  find: (id: string) => EngineReplica | null,
  isReady: (id: string) => boolean,
): NamedService[] => {
  const groups = Map.groupBy(
    wanted.filter((replica) => replica.desired === "running" && replica.kind === "service"),
    (replica) => replica.workloadId,
  );
  return [...groups].map(([workloadId, group]) => {
    const ready = group.filter((replica) => isReady(replica.id));
    const serving = ready.filter((replica) => replica.restart !== "never");
    const newest = group.reduce((one, other) => (other.releaseNumber > one.releaseNumber ? other : one));
    return {
      workloadId,
      networkId: networkOf(newest),
      names: newest.aliases.length > 0 ? newest.aliases : [newest.serviceSlug],
      port: newest.port,
      targets: (serving.length > 0 ? serving : ready).flatMap((replica) => addressOf(find(replica.id))),
    };
  });
};

const addressOf = (replica: EngineReplica | null): Address[] =>
  replica?.state.kind === "running" && replica.state.address !== null ? [replica.state.address] : [];
