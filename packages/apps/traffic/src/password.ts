/** OWASP's minimum for argon2id: 19 MiB, two passes; about 70 ms on one core. */
const PARAMETERS = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/** One after the other: each hash takes 19 MiB for as long as it runs. */
let last: Promise<unknown> = Promise.resolve();

const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const turn = last.then(work, work);
  last = turn.catch(() => undefined);
  return turn;
};

/** Hashes a password; `known` is given back when it is a hash of the same one, so that saving it again changes nothing. */
export const hashPassword = (password: string, known: string | null): Promise<string> =>
  inTurn(async () => {
    if (known !== null && (await Bun.password.verify(password, known))) return known;
    return Bun.password.hash(password, PARAMETERS);
  });
