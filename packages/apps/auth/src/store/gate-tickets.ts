import type { Db } from "@homeport/kit/db/connect.ts";

/** Of many at once exactly one gets true. */
export const spendGateTicket = async (sql: Db, id: string, now: Date): Promise<boolean> => {
  const used = await sql`
    insert into auth.used_gate_tickets (id, used_at)
    values (${id}, ${now})
    on conflict (id) do nothing
    returning id`;
  return used.length === 1;
};

export const removeGateTicketsUsedBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from auth.used_gate_tickets where used_at < ${before}`;
};
