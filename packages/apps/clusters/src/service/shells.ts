import { DomainError } from "@homeport/kit/errors.ts";
import { isId, type NodeId } from "@homeport/kit/ids.ts";
import type { OpenShell, ShellView } from "../contract/shell.ts";
import { log } from "../log.ts";
import { chooseReplica, MAX_SHELLS, MAX_SHELLS_PER_WORKLOAD, SHELL_BEAT_MS, SHELL_LEASE_MS } from "../shell.ts";
import { listReleases } from "../store/releases.ts";
import { listReplicas } from "../store/replicas.ts";
import {
  countShells,
  insertShell,
  joinShell,
  keepShell,
  lockShells,
  removeDeadShells,
  removeShell,
} from "../store/shells.ts";
import { findWorkload } from "../store/workloads.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";

const BUSY = { retryAfterSeconds: 10 };

/**
 * Has the agent of a replica come for a terminal in it.
 *
 * @throws {DomainError} not_found; conflict, when no such replica runs; rate_limited, when there are too many already
 */
export const openShell = (deps: ClustersDeps, input: OpenShell): Promise<ShellView> =>
  deps.sql.begin(async (tx) => {
    const { shellId, command, columns, rows } = input;
    const workload = await findWorkload(tx, input.workloadId);
    if (workload === null) throw new DomainError("not_found", "There is no such workload.");
    const replica = chooseReplica(await listReplicas(tx, workload.id), input.replica);
    if (replica === null) {
      const which =
        input.replica === undefined ? "No replica of this service runs" : `Replica ${input.replica} does not run`;
      throw new DomainError("conflict", `${which}, so there is nothing to open a shell in.`);
    }
    await lockShells(tx);
    const now = deps.clock();
    const { ofWorkload, all } = await countShells(tx, workload.id, new Date(now.getTime() - SHELL_LEASE_MS));
    if (ofWorkload >= MAX_SHELLS_PER_WORKLOAD) {
      throw new DomainError("rate_limited", `This service has ${MAX_SHELLS_PER_WORKLOAD} shells open already.`, BUSY);
    }
    if (all >= MAX_SHELLS) {
      throw new DomainError("rate_limited", `The platform has ${MAX_SHELLS} shells open already.`, BUSY);
    }
    const spec = { ...(command === undefined ? {} : { command }), columns, rows };
    const { id: replicaId, nodeId } = replica;
    await insertShell(tx, { id: shellId, workloadId: workload.id, replicaId, nodeId, spec }, now);
    await changeNodes(tx, deps.signals, [nodeId]);
    const release = (await listReleases(tx, workload.id)).get(replica.generation);
    return { shellId, replicaId, replica: replica.ordinal, releaseNumber: release?.number ?? 0, nodeId };
  });

/** False when it is gone already. */
export const closeShell = (deps: ClustersDeps, id: string): Promise<boolean> => removeShell(deps.sql, id);

/** Lets the agent of a node have its end of a terminal, once. @throws {DomainError} not_found */
export const admitAgent = async (deps: ClustersDeps, id: string, nodeId: NodeId): Promise<void> => {
  if (isId(id) && (await joinShell(deps.sql, id, nodeId, deps.clock()))) return;
  throw new DomainError("not_found", "Nobody waits for this shell.");
};

/** Says that one is open, again and again; what it gives back ends that. */
export const keepShellAlive = (deps: ClustersDeps, id: string): (() => void) => {
  const beat = () => {
    keepShell(deps.sql, id, deps.clock()).catch((err: unknown) =>
      log.warn({ err }, "that a shell is open could not be written down"),
    );
  };
  const beating = setInterval(beat, SHELL_BEAT_MS);
  return () => clearInterval(beating);
};

/** Forgets those of instances that were killed, and those that no agent came for. */
export const sweepShells = (deps: ClustersDeps): Promise<void> =>
  removeDeadShells(deps.sql, new Date(deps.clock().getTime() - SHELL_LEASE_MS));
