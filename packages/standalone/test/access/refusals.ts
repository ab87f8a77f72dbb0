import type { Changes } from "../matrix/changes.ts";
import type { Answer } from "../matrix/platform.ts";

/** What differs between two answers that say the same. */
const plain = (body: string): string => body.replace(/"requestId":"[^"]*"/g, "").replace(/nonce="[^"]*"/g, "");

/**
 * Sends each case and gives what is wrong with the answers: one that is neither of `statuses` nor refused before it was
 * looked at (a header that is too large), one that reads otherwise than the first, and what was written.
 */
export const faultsOf = async <C extends { name: string }>(
  cases: readonly C[],
  statuses: readonly number[],
  changes: Changes,
  send: (one: C) => Promise<Answer>,
): Promise<string[]> => {
  const faults: string[] = [];
  let first: string | null = null;
  await changes.take();
  for (const one of cases) {
    const { status, body } = await send(one);
    if (status === 431 || status === 413) continue;
    if (!statuses.includes(status)) faults.push(`${one.name}: ${status} ${body.slice(0, 200)}`);
    first ??= plain(body);
    if (plain(body) !== first) faults.push(`${one.name} reads otherwise: ${body.slice(0, 200)}`);
  }
  const written = await changes.take();
  if (Object.keys(written).length > 0) faults.push(`wrote to ${JSON.stringify(written)}`);
  return faults;
};
