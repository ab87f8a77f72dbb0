import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { Client } from "../client.ts";
import { judge } from "../sign-in-judgement.ts";
import { denialSubject, MAX_KEPT_DENIALS, WINDOW_MS } from "../sign-in-limit.ts";
import type { DenialReason } from "../sign-in-rule.ts";
import { insertDenied } from "../store/denied-sign-ins.ts";
import { countAttempt } from "../store/sign-in-attempts.ts";
import { findSignInPerson } from "../store/sign-in-people.ts";
import { allRules } from "../store/sign-in-rules.ts";

/** What is emitted when somebody who had proved an address was refused; the webhook is called because of it. */
export const DENIED = "auth.sign-in.denied";

/**
 * Keeps that somebody was refused. Not in the transaction that is refused: it is rolled back. Who tries again and again
 * neither fills the list nor floods the webhook.
 */
export const recordDenied = (
  sql: Sql,
  denied: { email: string; method: string; reason: DenialReason },
  client: Client,
): Promise<void> =>
  sql.begin(async (tx) => {
    const { count } = await countAttempt(tx, denialSubject(denied.email), WINDOW_MS);
    if (count > MAX_KEPT_DENIALS) return;
    const id = newId();
    await insertDenied(tx, { id, ...denied, address: client.address.slice(0, 64), userAgent: client.userAgent });
    const { method, reason } = denied;
    await emit(tx, { type: DENIED, source: "auth", subject: id, data: { deniedId: id, method, reason } });
  });

/** Whether the sign-in rules let somebody with this address in. Owners of the platform they always let in. */
export const isAllowed = async (sql: Sql, email: string): Promise<boolean> => {
  const person = await findSignInPerson(sql, { email });
  return person?.instanceRole === "owner" || judge(await allRules(sql), email).allowed;
};

/**
 * Refuses an address that the sign-in rules do not let in, and keeps the attempt.
 *
 * @throws {DomainError} forbidden
 */
export const refuseDenied = async (sql: Sql, email: string, client: Client, method: string): Promise<void> => {
  if (await isAllowed(sql, email)) return;
  await recordDenied(sql, { email, method, reason: "rule" }, client);
  throw refusedSignIn();
};

/** Says no more than that: why is for those who run the platform. */
export const refusedSignIn = (): DomainError =>
  new DomainError("forbidden", "You cannot sign in here with this address. Ask those who run the platform.");
