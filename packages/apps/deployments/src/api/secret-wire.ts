import type { Secret } from "@homeport/kit/secret.ts";
import type { ListedSecretGroup, SecretGroup } from "../secret-group.ts";
import type { SecretGroupView } from "../service/secret-groups.ts";

export const secretGroupToWire = ({ id, slug, version, createdAt, updatedAt, lastUsedAt }: SecretGroup) => ({
  id,
  slug,
  version,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export const listedSecretGroupToWire = (group: ListedSecretGroup) => ({
  ...secretGroupToWire(group),
  itemCount: group.itemCount,
  serviceCount: group.serviceCount,
});

export const secretGroupViewToWire = ({ group, items, users }: SecretGroupView) => ({
  ...secretGroupToWire(group),
  items: items.map(({ name, updatedAt }) => ({ name, updatedAt: updatedAt.toISOString() })),
  users: users.map(({ service, use, liveVersion }) => ({
    service,
    use,
    liveVersion,
    isCurrent: use !== null && liveVersion === group.version,
  })),
});

/** The only answers with values in them. */
export const revealedToWire = (values: Record<string, Secret>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
