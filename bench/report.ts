import { cpus } from "node:os";

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** Prints one figure with its peer or limit, in the form of references/benchmarks.md. */
export const report = (id: string, rows: Record<string, string>): void => {
  console.log(`\n${id} · ${new Date().toISOString().slice(0, 10)} · ${cpus().length} cores`);
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(44)} ${value}`);
};

export const ms = (value: number): string => `${Math.round(value)} ms`;

export const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> => {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
};
