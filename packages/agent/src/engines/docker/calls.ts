import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";

/** What dockerode puts on its errors. */
const EngineError = z.object({ statusCode: z.number().optional(), code: z.string().optional(), message: z.string() });

/** HTTP status of an answer of the engine, or null when the error is not one. */
export const statusOf = (err: unknown): number | null => EngineError.safeParse(err).data?.statusCode ?? null;

export const textOf = (err: unknown): string => EngineError.safeParse(err).data?.message ?? String(err);

/**
 * Every call that is not a stream goes through here. dockerode has no listener for a connection that breaks after the
 * headers, so a promise of it may never settle when dockerd dies, and neither its `timeout` nor its abort signal helps:
 * only a timer of our own does.
 *
 * @throws {DomainError} unavailable when the engine does not answer within `timeoutMs` or not at all; answers of the
 *   engine with an error status are passed on as they are, for the caller to judge with `statusOf`.
 */
export const call = async <T>(what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new DomainError("unavailable", `The Docker engine did not answer within ${timeoutMs / 1000} seconds (${what}).`),
    );
  }, timeoutMs);
  try {
    return await Promise.race([work(), late]);
  } catch (err) {
    if (err instanceof DomainError || statusOf(err) !== null) throw err;
    throw new DomainError("unavailable", `The Docker engine cannot be reached (${what}).`, { cause: err });
  } finally {
    clearTimeout(timer);
  }
};

/** Like `call`, and these statuses mean "already so": the result is null then. */
export const callUnless = async <T>(
  statuses: number[],
  what: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T | null> => {
  try {
    return await call(what, timeoutMs, work);
  } catch (err) {
    const status = statusOf(err);
    if (status !== null && statuses.includes(status)) return null;
    throw err;
  }
};
