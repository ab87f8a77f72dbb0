import { createHmac } from "node:crypto";
import { z } from "zod";
import { deriveKey } from "../crypto.ts";
import type { Sql } from "../db/connect.ts";
import { DomainError, type ErrorCode, STATUS } from "../errors.ts";
import type { Keyring, SealedAt } from "../keys/keyring.ts";
import type { SealedColumn } from "../keys/sealed-column.ts";
import type { Logger } from "../log.ts";
import { isMember, principalKey } from "../principal.ts";
import type { Secret } from "../secret.ts";
import type { CallContext } from "./context.ts";
import { claimKey, findKey, type KeyedRequest, keepResponse, releaseKey, removeOldKeys } from "./idempotency-keys.ts";
import { toDomainError } from "./problem.ts";

/** Does the work of a request once per key; a repetition gets the first answer. */
export type Idempotency = <T>(
  context: CallContext,
  route: { name: string; method: string },
  input: unknown,
  work: () => Promise<T>,
) => Promise<T>;

/** Visible ASCII: what a header value can hold without quoting. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const MAX_RESPONSE_BYTES = 512 * 1024;

/** The answer as it is kept: output or error, and the headers that the handler had put on it. */
const Kept = z.object({
  output: z.unknown(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      issues: z.array(z.object({ path: z.string(), message: z.string() })),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  headers: z.array(z.tuple([z.string(), z.string()])),
});
type Kept = z.infer<typeof Kept>;

/**
 * `Idempotency-Key` on POST requests of members, as in draft-ietf-httpapi-idempotency-key-header: kept for 24 hours, per
 * person and app. Only what the caller would get again is kept, results and refusals; after a failure of ours the key is
 * free for the next try. A process that dies in the middle of a request gives its key up after a minute, and the work
 * may then be done twice: unique names in the database are the guard behind this one.
 */
export const createIdempotency = (options: {
  sql: Sql;
  appId: string;
  appSecret: Secret;
  keys: Keyring;
  log: Logger;
}): Idempotency => {
  const { sql, keys, log } = options;
  const hashKey = deriveKey(options.appSecret, "idempotency");
  return async (context, route, input, work) => {
    const given = context.headers.get("idempotency-key");
    if (given === null || route.method !== "POST" || !isMember(context.principal)) return work();
    if (!KEY.test(given)) throw new DomainError("invalid", "Idempotency-Key: use 1 to 255 letters, digits and signs.");
    const { organisationId } = context.principal;
    const request: KeyedRequest = {
      principal: principalKey(context.principal),
      key: given,
      organisationId,
      requestHash: createHmac("sha256", hashKey)
        .update(JSON.stringify([route.name, organisationId, input]))
        .digest(),
    };
    const at = sealedAt(options.appId, request);
    const claim = await claimKey(sql, request);
    if (claim === null) return replay(context, await firstAnswer(sql, keys, at, request));
    const before = new Set(context.responseHeaders.keys());
    const end = (kept: Kept | null) => settle(sql, keys, at, request, claim, kept, log);
    try {
      const output = await work();
      await end({ output, headers: [...context.responseHeaders].filter(([name]) => !before.has(name)) });
      return output;
    } catch (err) {
      await end(keptError(toDomainError(err)));
      throw err;
    }
  };
};

const sealedAt = (
  appId: string,
  { principal, key, organisationId }: Pick<KeyedRequest, "principal" | "key" | "organisationId">,
): SealedAt => ({
  table: "platform.idempotency_keys",
  row: `${appId}/${principal}/${key}`,
  field: "response",
  organisationId,
});

/** For every app that keeps answers: what they are sealed with is changed, like its own columns. */
export const KEPT_ANSWERS: SealedColumn = {
  table: "platform.idempotency_keys",
  field: "response_sealed",
  key: ["app", "principal", "key"],
  also: ["organisation_id"],
  at: (row) =>
    sealedAt(String(row.app), {
      principal: String(row.principal),
      key: String(row.key),
      organisationId: String(row.organisation_id),
    }),
};

/** What the first request with this key was answered. @throws {DomainError} unprocessable; conflict */
const firstAnswer = async (sql: Sql, keys: Keyring, at: SealedAt, request: KeyedRequest): Promise<Kept> => {
  const known = await findKey(sql, request);
  if (known !== null && !Buffer.from(known.requestHash).equals(request.requestHash)) {
    throw new DomainError("unprocessable", "This Idempotency-Key was used for another request. Use a new one.");
  }
  if (known === null || known.responseSealed === null) {
    throw new DomainError(
      "conflict",
      "A request with this Idempotency-Key is being answered. Send it again in a moment.",
      {
        retryAfterSeconds: 1,
      },
    );
  }
  return Kept.parse(JSON.parse(keys.open(at, known.responseSealed).reveal()));
};

const replay = <T>(context: CallContext, { output, error, headers }: Kept): T => {
  if (error !== undefined) {
    const code = Object.hasOwn(STATUS, error.code) ? (error.code as ErrorCode) : "internal";
    const { issues, details } = error;
    throw new DomainError(code, error.message, { issues, ...(details === undefined ? {} : { details }) });
  }
  for (const [name, value] of headers) context.responseHeaders.append(name, value);
  context.responseHeaders.set("idempotency-replayed", "true");
  return output as T; // the contract checks it on its way out, as it did the first time
};

/** They end with time, another right or a fresh proof of who asks; nothing was done, so another try does nothing twice. */
const PASSING: readonly string[] = ["rate_limited", "forbidden", "unverified"];

/** Null for what another try may end differently. */
const keptError = ({ code, message, issues, details, status }: DomainError): Kept | null => {
  if (status >= 500 || PASSING.includes(code)) return null;
  return { output: null, error: { code, message, issues, ...(details === undefined ? {} : { details }) }, headers: [] };
};

/** Keeps an answer, or gives the key back. The work is done by now, so a failure here does not fail the request. */
const settle = async (
  sql: Sql,
  keys: Keyring,
  at: SealedAt,
  request: KeyedRequest,
  claim: string,
  kept: Kept | null,
  log: Logger,
): Promise<void> => {
  const text = kept === null ? null : JSON.stringify(kept);
  try {
    if (text === null || Buffer.byteLength(text) > MAX_RESPONSE_BYTES) await releaseKey(sql, request, claim);
    else await keepResponse(sql, request, claim, keys.seal(at, text));
    await removeOldKeys(sql);
  } catch (err) {
    log.warn({ err }, "the answer of a request with an idempotency key could not be kept");
  }
};
