import type { AppContext } from "@homeport/kit/app.ts";
import { POLICIES_KEY, POLICIES_META_FIELD } from "@homeport/kit/registry/keys.ts";
import {
  createHashPublisher,
  type HashPublisher,
  type HashTable,
  type PublishedHash,
} from "@homeport/kit/registry/publish-hash.ts";
import { log } from "../log.ts";
import type { PolicyTable } from "../policy.ts";
import type { PolicySource } from "../ports.ts";
import { highestPolicyRevision } from "./statuses.ts";

const POLICIES: PublishedHash = { key: POLICIES_KEY, metaField: POLICIES_META_FIELD, kind: "policies" };

/** Keeps the policies in Valkey equal to those in Postgres. Any number of instances may run. */
export const createPolicyPublisher = (valkey: AppContext["valkey"], source: PolicySource): HashPublisher =>
  createHashPublisher(
    valkey,
    POLICIES,
    {
      ...source,
      read: async () => toFields(await source.read()),
      highestHeld: () => highestPolicyRevision(valkey),
    },
    log,
  );

/** Values are HostPolicy. */
const toFields = ({ revision, policies }: PolicyTable): HashTable => ({
  revision,
  fields: new Map(policies.map(({ host, policy }) => [host, JSON.stringify({ schema: 1, host, policy })])),
});
