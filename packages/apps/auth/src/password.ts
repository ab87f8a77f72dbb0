import { availableParallelism } from "node:os";
import { DomainError } from "@homeport/kit/errors.ts";

/** OWASP's minimum for argon2id: 19 MiB, two passes; about 70 ms on one core. */
const PARAMETERS = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/**
 * Hashes that may run at once: a flood of sign-ins waits here, takes no more memory than this, and leaves a core for
 * everybody else.
 */
const MAX_CONCURRENT = Math.max(1, availableParallelism() - 1);
/** Behind this many of one core the wait would be about ten seconds. */
const MAX_WAITING = 125 * MAX_CONCURRENT;

let running = 0;
const waiting: (() => void)[] = [];

const oneOfFew = async <T>(work: () => Promise<T>): Promise<T> => {
  if (waiting.length >= MAX_WAITING) {
    throw new DomainError("unavailable", "Too many people sign in at once. Try again in a moment.", {
      retryAfterSeconds: 5,
    });
  }
  if (running >= MAX_CONCURRENT) await new Promise<void>((resume) => waiting.push(resume));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next(); // hands its place over, so `running` stays
  }
};

export const hashPassword = (password: string): Promise<string> =>
  oneOfFew(() => Bun.password.hash(password, PARAMETERS));

let decoy: Promise<string> | undefined;

/**
 * Checks a password. With `hash` null, for an account that does not exist, it does the same work and says no, so that
 * the time taken tells nothing.
 */
export const verifyPassword = async (password: string, hash: string | null): Promise<boolean> => {
  decoy ??= Bun.password.hash("not a password of anybody", PARAMETERS); // once, so it does not stand in the queue
  const against = hash ?? (await decoy);
  const matches = await oneOfFew(() => Bun.password.verify(password, against));
  return matches && hash !== null;
};
