import { clientError } from "@homeport/kit/client.ts";

/** A step holds its lease for 20 s and makes up to three calls in it. */
const CALL_TIMEOUT_MS = 6_000;

/**
 * Calls another app with a time limit, until this app stops.
 *
 * @throws {DomainError} what the app threw, or unavailable
 */
export const calling =
  (stopping: AbortSignal) =>
  async <T>(call: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> => {
    try {
      return await call({ signal: AbortSignal.any([stopping, AbortSignal.timeout(CALL_TIMEOUT_MS)]) });
    } catch (err) {
      throw clientError(err);
    }
  };
