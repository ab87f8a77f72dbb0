import { isDeepStrictEqual } from "node:util";
import { audit } from "@homeport/kit/audit/audit.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { afterCommit } from "@homeport/kit/db/transaction.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import type { PolicyInput } from "../contract/policy.ts";
import { platformIssues } from "../platform-guard.ts";
import { MAX_POLICIES, type Policy } from "../policy.ts";
import { PolicyHost } from "../policy-host.ts";
import { refuse } from "../refuse.ts";
import {
  bumpRevision,
  countPolicies,
  deletePolicy,
  findPolicy,
  listPolicies,
  upsertPolicy,
} from "../store/policies.ts";
import type { TrafficDeps } from "./deps.ts";
import { withPasswordHashes } from "./password-hashes.ts";

export { findPolicy };

/** Who changes a policy. `address` is where they come from; null when it is not known. */
export type Editor = { author: Actor; address: string | null };

/** A page of policies by host. @throws {DomainError} invalid, for a cursor that is none of ours */
export const pageOfPolicies = async (
  { sql }: TrafficDeps,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Paged<Policy>> => {
  if (cursor !== undefined && !PolicyHost.safeParse(cursor).success)
    throw new DomainError("invalid", "cursor: is not one of ours.");
  return cutPage(await listPolicies(sql, limit + 1, cursor ?? null), limit, ({ host }) => host);
};

/**
 * Sets the whole policy of a host; saving what is there changes nothing. With `expected`, the revision that the editor
 * saw (null: no policy), it is only set when nobody else changed it since.
 *
 * @throws {DomainError} invalid, with an issue per field; conflict
 */
export const putPolicy = async (
  deps: TrafficDeps,
  host: string,
  input: PolicyInput,
  editor: Editor,
  expected?: number | null,
): Promise<Policy> => {
  refusePlatformName(deps, host);
  const known = await findPolicy(deps.sql, host);
  if (expected !== undefined && expected !== (known?.revision ?? null)) throw changedMeanwhile(host);
  const policy = await withPasswordHashes(input, known?.policy ?? null);
  if (host === PLATFORM_POLICY) refuse(platformIssues(policy, editor.address));
  if (known !== null && isDeepStrictEqual(policy, known.policy)) return known;
  return change(deps, async (tx, revision) => {
    const current = await findPolicy(tx, host);
    // Passwords were taken over from what was known, so it must still be so.
    if (current?.revision !== known?.revision) throw changedMeanwhile(host);
    if (current === null && (await countPolicies(tx)) >= MAX_POLICIES)
      throw new DomainError("conflict", `There are ${MAX_POLICIES} policies already. Remove one, or use *.name.`);
    const row = { host, policy, revision, updatedAt: deps.clock(), updatedBy: editor.author };
    await upsertPolicy(tx, row);
    await tell(tx, "changed", host, Object.keys(policy), editor);
    await audit(tx, { ...entryOf(host), ...changes(current?.policy ?? null, policy) });
    return row;
  });
};

/** False when there was none. */
export const removePolicy = async (deps: TrafficDeps, host: string, editor: Editor): Promise<boolean> => {
  if ((await findPolicy(deps.sql, host)) === null) return false;
  return change(deps, async (tx) => {
    const current = await findPolicy(tx, host);
    if (current === null) return false;
    await deletePolicy(tx, host);
    await tell(tx, "removed", host, [], editor);
    await audit(tx, { ...entryOf(host), ...changes(current.policy, null) });
    return true;
  });
};

/** Writes under the next revision; gateways are told once it is committed. */
const change = <T>(deps: TrafficDeps, write: (tx: Tx, revision: number) => Promise<T>): Promise<T> =>
  deps.sql.begin(async (tx) => {
    const written = await write(tx, await bumpRevision(tx)); // first, so that writers wait for each other here
    afterCommit(tx, deps.changed.raise);
    return written;
  }) as Promise<T>;

const tell = async (
  tx: Tx,
  what: "changed" | "removed",
  host: string,
  settings: string[],
  { author }: Editor,
): Promise<void> => {
  await emit(tx, {
    type: `traffic.policy.${what}`,
    source: "traffic",
    subject: host,
    data: what === "changed" ? { host, settings } : { host },
    actor: author,
  });
};

/** The gateway is the whole platform's, and so is what is told of it. */
const entryOf = (host: string) => ({
  app: "traffic",
  action: "policy:write",
  organisationId: null,
  subject: { kind: "policy", id: host },
});

/** Gateways never look for a policy under such a name. */
const refusePlatformName = ({ platformHosts }: TrafficDeps, host: string): void => {
  if (platformHosts.has(host))
    refuse([{ path: "host", message: `${host} is the platform itself; its policy is ${PLATFORM_POLICY}` }]);
};

const changedMeanwhile = (host: string): DomainError =>
  new DomainError(
    "conflict",
    `The policy of ${host} was changed by somebody else meanwhile. Look at it, then try again.`,
  );
