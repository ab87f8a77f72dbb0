import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Webhooks } from "../ports.ts";
import type { ReadSetting } from "../settings.ts";
import { findDenied } from "../store/denied-sign-ins.ts";
import { webhookHeaders } from "../webhook-signature.ts";

/** The job that tells the webhook; tried again by the queue. */
export const TELL_DENIED = "denied.tell";

/**
 * Tells the webhook that somebody was refused. May run twice for one: `webhook-id` is the same then.
 *
 * @throws {DomainError} unavailable, to be tried again
 */
export const tellDenied = async (sql: Sql, webhooks: Webhooks, setting: ReadSetting, id: string): Promise<void> => {
  const url = setting("denied-webhook-url");
  const denied = url === "" ? null : await findDenied(sql, id);
  if (denied === null) return;
  const { email, method, address, userAgent } = denied;
  const body = JSON.stringify({ email, provider: method, ip: address, user_agent: userAgent });
  const headers = webhookHeaders(setting("denied-webhook-secret"), id, new Date(), body);
  const status = await webhooks.post(url, { ...headers, "content-type": "application/json" }, body);
  if (status < 200 || status > 299) throw new DomainError("unavailable", `The webhook answered ${status}.`);
};
