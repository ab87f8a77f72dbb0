import { join } from "node:path";
import { removeStaleDaemons, SHARED, startDocker } from "../../../packages/kit/test/docker.ts";
import { HELP, type Options, parseOptions } from "./args.ts";
import { adoptOrphans, endLeftovers, RUN } from "./leftovers.ts";
import { missingParts, wantsDocker } from "./parts.ts";
import { type Result, runTask, type Task, testTask } from "./run-suite.ts";
import { findSuites, type Suite } from "./suites.ts";
import { add, type Counts, lastLine, NONE, notesIn } from "./summary.ts";

const ROOT = join(import.meta.dir, "../../..");
const CHECK_LIMIT_SECONDS = 300;
const CI = process.env.CI === "true";

const main = async (args: readonly string[], signal: AbortSignal): Promise<number> => {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const suites = await findSuites(ROOT, options.paths);
  let total = NONE;
  for (const part of missingParts()) {
    console.log(`Not here: ${part}`);
    if (CI) total = add(total, { ...NONE, failed: 1 });
  }
  const docker = (await wantsDocker(ROOT, suites)) ? await startDocker() : null;
  if (docker !== null) process.env[SHARED] = docker.socketPath;
  try {
    for (const task of tasksOf(options, suites)) {
      if (signal.aborted) break;
      const result = await runTask(task, signal);
      report(result, options.verbose);
      total = add(total, result.counts);
    }
  } finally {
    await docker?.stop();
    await removeStaleDaemons();
  }
  if (signal.aborted) total = add(total, { ...NONE, failed: 1 });
  return finish(total);
};

const tasksOf = (options: Options, suites: readonly Suite[]): Task[] => [
  ...(options.checks ? ["check:types", "check:lint", "check:house"].map((script) => checkTask(script, options)) : []),
  ...suites.map((suite) =>
    testTask(ROOT, { ...suite, limitSeconds: options.limitSeconds ?? suite.limitSeconds }, options),
  ),
];

const checkTask = (script: string, { verbose }: Options): Task => ({
  name: script,
  commands: [[process.execPath, "run", "--silent", script]],
  cwd: ROOT,
  limitSeconds: CHECK_LIMIT_SECONDS,
  verbose,
});

const report = ({ name, counts, seconds, output, notes }: Result, verbose: boolean): void => {
  if (counts.failed > 0 && !verbose) console.log(`\n${output.trimEnd()}\n`);
  for (const note of [...notesIn(output), ...notes]) console.log(`${name}: ${note}`);
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : "";
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  const mark = counts.failed > 0 ? "✗" : "✓";
  console.log(
    `${mark} ${name.padEnd(16)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${counts.passed} passed${failed}${skipped}`,
  );
};

const finish = (total: Counts): number => {
  if (CI && total.skipped > 0) console.log("With CI=true nothing may be skipped.");
  console.log(lastLine(total));
  return total.failed > 0 || (CI && total.skipped > 0) ? 1 : 0;
};

const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
process.env[RUN] = Bun.randomUUIDv7();
adoptOrphans();
const code = await main(process.argv.slice(2), stopping.signal).catch(async (err: unknown) => {
  console.log(err instanceof Error ? err.message : String(err));
  console.log(lastLine({ ...NONE, failed: 1 }));
  return 1;
});
await endLeftovers(null);
process.exit(code);
