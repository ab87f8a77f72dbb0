import { target as replica, workload } from "../../packages/gateway/test/records.ts";
import { median, report } from "../report.ts";
import { PATHS } from "./answers.ts";
import type { Bench } from "./bench.ts";
import { treeResidentMiB } from "./process-tree.ts";
import { besideGoal } from "./rows.ts";
import { type Target, urlOf } from "./target.ts";

const HOSTS = 5_000;
const CHANGES = 100;
/** Whatever was done by then is reported. */
const MAX_MS = 90_000;
const CHANGE_TIMEOUT_MS = 10_000;
const PAUSE_MS = 50;
const P99_MS = 100;
const HOST = "changing.localhost";
/** Nobody asks for the other hosts, so nothing needs to listen there. */
const UNUSED_PORT = 9;

/**
 * P5: one workload of 5,000 gets another replica. From the start of the publication by the clusters app's own publisher to
 * the first answer of the new replica, to a client that asks about every millisecond.
 */
export const measureRouteChange = async (bench: Bench): Promise<void> => {
  const gateway: Target = { ...bench.targets.homeport, host: HOST };
  const others = Array.from({ length: HOSTS - 2 }, (_, index) =>
    workload([`host-${index}.localhost`], [replica(UNUSED_PORT)]),
  );
  const changing = workload([HOST], []);
  const replicas = [
    { name: "first", port: bench.upstream.port },
    { name: "second", port: bench.upstream.otherPort },
  ];
  const change = async (next: { name: string; port: number }) => {
    const startedAt = performance.now();
    const isWritten = bench.homeport
      .publish([...others, { ...changing, targets: [replica(next.port)] }])
      .then(() => performance.now() - startedAt);
    const { failed } = await untilAnsweredBy(gateway, next.name);
    return { ms: performance.now() - startedAt, failed, writtenMs: await isWritten };
  };
  for (const next of replicas.toReversed()) await change(next); // until now the host was unknown
  const changes: Awaited<ReturnType<typeof change>>[] = [];
  const deadline = performance.now() + MAX_MS;
  while (changes.length < CHANGES && performance.now() < deadline) {
    for (const next of replicas.toReversed()) changes.push(await change(next));
    await Bun.sleep(PAUSE_MS);
  }
  const took = changes.map(({ ms }) => ms);
  const p99 = percentile(took, 0.99);
  report(`P5 gateway, route change with ${HOSTS.toLocaleString("en-US")} hosts, ${changes.length} changes`, {
    "publication to first answer, p50": milliseconds(median(took)),
    "publication to first answer, p99": besideGoal(p99, milliseconds(p99), { atMost: P99_MS }),
    "the publication itself, p50": milliseconds(median(changes.map(({ writtenMs }) => writtenMs))),
    "answers other than 200 meanwhile": String(changes.reduce((sum, { failed }) => sum + failed, 0)),
    "memory with this table (VmRSS)": `${treeResidentMiB(gateway.pid).toFixed(1)} MiB`,
  });
};

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
};

/** @throws {Error} when it takes longer than the time */
const untilAnsweredBy = async (gateway: Target, name: string): Promise<{ failed: number }> => {
  const deadline = performance.now() + CHANGE_TIMEOUT_MS;
  let failed = 0;
  while (performance.now() < deadline) {
    const response = await fetch(urlOf(gateway, PATHS.who), {
      headers: { host: gateway.host },
      signal: AbortSignal.timeout(CHANGE_TIMEOUT_MS),
    });
    const answered = await response.text();
    if (answered === name) return { failed };
    if (response.status !== 200) failed += 1;
    await Bun.sleep(1);
  }
  throw new Error(`The gateway did not pass a request on to the ${name} replica in ${CHANGE_TIMEOUT_MS} ms.`);
};
