import { join } from "node:path";

/** Every benchmark: what it measures, by its number in the performance budget. */
const BENCHMARKS: Record<string, string> = {
  auth: "whose credential a request carries, a flood of sign-ins, what the time of a refusal tells",
  gateway: "P1 to P5: the gateway beside nginx, haproxy and caddy; --only p1,p3 selects parts",
  "idle-memory": "P6: memory and CPU of the whole platform at rest",
  "deploy-image": "P7: deploy of a present image, against docker run",
  "deploy-git": "P8: deploy from git with a cached build, against docker build and docker run",
  reconcile: "P13: 1,000 services on 50 simulated agents, one changed; the control plane at rest",
  start: "P16: from a fresh clone to ready",
};

const name = process.argv[2] ?? "";
if (!(name in BENCHMARKS)) {
  const list = Object.entries(BENCHMARKS).map(([each, what]) => `  ${each.padEnd(14)} ${what}`);
  process.stderr.write(`Usage: bun run bench NAME\n\n${list.join("\n")}\n`);
  process.exit(2);
}
await import(join(import.meta.dir, `${name}.ts`));
