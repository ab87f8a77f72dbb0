import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import type { AdminPages } from "../admin.ts";
import { askWorker } from "./ask-worker.ts";
import { mergeMetrics, readSample } from "./merge-metrics.ts";
import type { WorkerProcess } from "./worker-process.ts";

const ANSWER_MS = 2_000;
const REVISION = "homeport_gateway_table_revision";

const Health = z.looseObject({ valkey: z.string().max(20) });
const Table = z.looseObject({});

export type PagesOptions = {
  runDir: string;
  /** How many are to serve. */
  workerCount: number;
  workers: () => readonly WorkerProcess[];
  counts: () => { restarts: number; reloads: Record<string, number> };
  /** Null before the first one. */
  lastReload: () => string | null;
};

/** What the workers say of themselves, as if they were one gateway. A worker that does not answer is left out or told of. */
export class WorkerPages implements Omit<AdminPages, "reload"> {
  constructor(private readonly options: PagesOptions) {}

  /** `degraded` while fewer than there should be serve and answer. */
  async health(): Promise<unknown> {
    const workers = this.options.workers();
    const answers = await Promise.all(
      workers.map(async (worker) => ({
        worker,
        health: worker.state === "serving" ? await this.read(worker, "/healthz", Health) : null,
      })),
    );
    const healthy = answers.flatMap(({ health }) => health ?? []);
    const isDegraded = healthy.length < this.options.workerCount;
    return {
      ...healthy[0],
      status: healthy.length === 0 ? "down" : isDegraded ? "degraded" : "ok",
      valkey: healthy.length > 0 && healthy.every(({ valkey }) => valkey === "up") ? "up" : "down",
      lastReload: this.options.lastReload(),
      workers: answers.map(({ worker: { number, pid, state }, health }) => ({
        worker: number,
        pid,
        state,
        isAnswering: health !== null,
      })),
    };
  }

  /** Traffic may come when each of those that the kernel gives connections to is ready, and there are any. */
  async isReady(): Promise<boolean> {
    const serving = this.options.workers().filter(({ state }) => state === "serving");
    const ready = await Promise.all(serving.map((worker) => this.text(worker, "/readyz")));
    return ready.length > 0 && !ready.includes(null);
  }

  async metrics(): Promise<string> {
    const pages = await this.metricPages();
    return mergeMetrics(pages) + this.ownMetrics();
  }

  /** @throws {DomainError} unavailable, when no worker answers */
  async table(): Promise<unknown> {
    const pages = await this.metricPages();
    for (const worker of this.options.workers()) {
      const table = worker.state === "serving" ? await this.read(worker, "/table", Table) : null;
      if (table === null) continue;
      const workers = pages.map(({ worker, text }) => ({ worker, revision: readSample(text, REVISION) }));
      return { ...table, workers };
    }
    throw new DomainError("unavailable", "No worker of the gateway answers.");
  }

  private async metricPages(): Promise<{ worker: number; text: string }[]> {
    const pages = await Promise.all(
      this.options.workers().map(async (worker) => ({
        worker: worker.number,
        text: await this.text(worker, "/metrics"),
      })),
    );
    return pages.flatMap(({ worker, text }) => (text === null ? [] : [{ worker, text }]));
  }

  private ownMetrics(): string {
    const { restarts, reloads } = this.options.counts();
    const states = ["starting", "serving", "draining"] as const;
    const count = (state: string) => this.options.workers().filter((worker) => worker.state === state).length;
    return [
      "# TYPE homeport_gateway_workers gauge",
      ...states.map((state) => `homeport_gateway_workers{state="${state}"} ${count(state)}`),
      "# TYPE homeport_gateway_worker_restarts_total counter",
      `homeport_gateway_worker_restarts_total ${restarts}`,
      "# TYPE homeport_gateway_reloads_total counter",
      ...Object.entries(reloads).map(
        ([outcome, count]) => `homeport_gateway_reloads_total{outcome="${outcome}"} ${count}`,
      ),
      "",
    ].join("\n");
  }

  private async read<T>(worker: WorkerProcess, path: string, schema: z.ZodType<T>): Promise<T | null> {
    try {
      return schema.parse(await (await askWorker(this.options.runDir, worker.number, path, ANSWER_MS)).json());
    } catch {
      return null;
    }
  }

  private async text(worker: WorkerProcess, path: string): Promise<string | null> {
    try {
      return await (await askWorker(this.options.runDir, worker.number, path, ANSWER_MS)).text();
    } catch {
      return null;
    }
  }
}
