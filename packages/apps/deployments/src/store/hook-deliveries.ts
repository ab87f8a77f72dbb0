import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { DeliveryAnswer } from "../delivery-answer.ts";
import type { Hook, HookId } from "../hook.ts";

const KEPT_DAYS = 30;
/** Of one hook. Whoever has its secret may send as many as they like. */
const MAX_KEPT = 10_000;
/** How many are let go with each that comes. */
const BATCH = 100;

/**
 * Takes a delivery, unless it was taken before: then its answer comes. When two of one id come at once the second waits for
 * the first.
 */
export const takeDelivery = async (tx: Db, hook: Hook, deliveryId: string): Promise<DeliveryAnswer | null> => {
  const taken = await tx`
    insert into deployments.hook_deliveries (hook_id, delivery_id, organisation_id, answer)
    values (${hook.id}, ${deliveryId}, ${hook.organisationId}, '{}')
    on conflict (hook_id, delivery_id) do nothing
    returning hook_id`;
  if (taken.length === 1) return null;
  const [known] = await tx<{ answer: DeliveryAnswer }[]>`
    select answer from deployments.hook_deliveries where hook_id = ${hook.id} and delivery_id = ${deliveryId}`;
  return known?.answer ?? null;
};

/** Writes down what a delivery that this transaction took came to, and lets old ones go. */
export const answerDelivery = async (tx: Db, id: HookId, deliveryId: string, answer: DeliveryAnswer): Promise<void> => {
  await tx`
    update deployments.hook_deliveries set answer = ${jsonb(tx, answer)}
    where hook_id = ${id} and delivery_id = ${deliveryId}`;
  await tx`update deployments.hooks set last_delivery_at = now() where id = ${id}`;
  await tx`
    with old as (
      (select delivery_id from deployments.hook_deliveries
       where hook_id = ${id} and received_at < now() - ${KEPT_DAYS} * interval '1 day'
       order by received_at
       limit ${BATCH})
      union
      (select delivery_id from deployments.hook_deliveries
       where hook_id = ${id}
       order by received_at desc, delivery_id
       offset ${MAX_KEPT}
       limit ${BATCH})
    )
    delete from deployments.hook_deliveries d using old where d.hook_id = ${id} and d.delivery_id = old.delivery_id`;
};

export type KeptDelivery = { id: string; receivedAt: Date; answer: DeliveryAnswer };

/** Newest first, those after the place that `before` names. */
export const listDeliveries = (
  sql: Db,
  hookId: HookId,
  before: { at: Date; id: string } | null,
  limit: number,
): Promise<KeptDelivery[]> => sql<KeptDelivery[]>`
  select delivery_id as "id", received_at as "receivedAt", answer
  from deployments.hook_deliveries
  where hook_id = ${hookId} and answer <> '{}'
    ${before === null ? sql`` : sql`and (date_trunc('milliseconds', received_at), delivery_id) < (${before.at}, ${before.id})`}
  order by date_trunc('milliseconds', received_at) desc, delivery_id desc
  limit ${limit}`;
