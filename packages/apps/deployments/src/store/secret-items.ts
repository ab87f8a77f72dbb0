import type { Db } from "@homeport/kit/db/connect.ts";
import type { SecretGroup } from "../secret-group.ts";

export type SealedItem = { name: string; sealed: Uint8Array };

export const listItemNames = (sql: Db, group: SecretGroup): Promise<{ name: string; updatedAt: Date }[]> => sql<
  { name: string; updatedAt: Date }[]
>`
  select name, updated_at as "updatedAt"
  from deployments.secret_items
  where organisation_id = ${group.organisationId} and group_id = ${group.id}
  order by name`;

export const listItems = (sql: Db, group: SecretGroup): Promise<SealedItem[]> => sql<SealedItem[]>`
  select name, value_sealed as "sealed"
  from deployments.secret_items
  where organisation_id = ${group.organisationId} and group_id = ${group.id}
  order by name`;

export const measureItems = async (sql: Db, group: SecretGroup): Promise<{ count: number; bytes: number }> => {
  const [row] = await sql<{ count: number; bytes: number }[]>`
    select count(*)::int as count, coalesce(sum(size_bytes), 0)::int as bytes
    from deployments.secret_items
    where group_id = ${group.id}`;
  return row ?? { count: 0, bytes: 0 };
};

export const putItems = async (
  tx: Db,
  group: SecretGroup,
  items: (SealedItem & { sizeBytes: number })[],
): Promise<void> => {
  const rows = items.map(({ name, sealed, sizeBytes }) => ({
    organisation_id: group.organisationId,
    group_id: group.id,
    name,
    value_sealed: sealed,
    size_bytes: sizeBytes,
  }));
  await tx`
    insert into deployments.secret_items ${tx(rows, "organisation_id", "group_id", "name", "value_sealed", "size_bytes")}
    on conflict (group_id, name) do update set
      value_sealed = excluded.value_sealed, size_bytes = excluded.size_bytes, updated_at = now()`;
};

/** Returns the names that were there. */
export const removeItems = async (tx: Db, group: SecretGroup, names: string[]): Promise<string[]> => {
  const removed = await tx<{ name: string }[]>`
    delete from deployments.secret_items
    where organisation_id = ${group.organisationId} and group_id = ${group.id} and name = any (${names}::text[])
    returning name`;
  return removed.map(({ name }) => name).sort();
};
