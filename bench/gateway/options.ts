import { parseArgs } from "node:util";

export const PARTS = ["p1", "p2", "p3", "p4", "p5"] as const;
export type Part = (typeof PARTS)[number];

export type Options = { parts: ReadonlySet<Part>; rounds: number; seconds: number };

const FULL = { rounds: 3, seconds: 4 };
/** For use while developing: figures of a single short round are worth little. */
const QUICK = { rounds: 1, seconds: 2 };

/** `--only p1,p3` selects parts, `--quick` is one short round of P1 and P2. @throws {Error} naming what is not known */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: "string" }, quick: { type: "boolean", default: false } },
    allowPositionals: true, // the benchmark's own name, when bench/run.ts started it
  });
  if (values.quick) return { parts: new Set(["p1", "p2"]), ...QUICK };
  const asked = values.only?.toLowerCase().split(",") ?? PARTS;
  const unknown = asked.filter((part) => !PARTS.some((known) => known === part));
  if (unknown.length > 0) throw new Error(`--only takes ${PARTS.join(",")}, not ${unknown.join(",")}.`);
  return { parts: new Set(PARTS.filter((part) => asked.includes(part))), ...FULL };
};
