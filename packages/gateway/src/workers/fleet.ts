import { type SharedPorts, workerEnv } from "../config.ts";
import { log } from "../log.ts";
import type { Limits } from "./limits.ts";
import { watch } from "./watchdog.ts";
import type { WorkerMark, WorkerMarks } from "./worker-marks.ts";
import { WorkerProcess } from "./worker-process.ts";

export type FleetOptions = {
  argv: readonly string[];
  ports: SharedPorts;
  runDir: string;
  marks: WorkerMarks;
  limits: Limits;
  onServing: () => void;
};

/** All workers that live, of whatever generation. */
export class Fleet {
  readonly living = new Set<WorkerProcess>();
  /** Those of an earlier supervisor: they finish what they have, under numbers that are theirs until then. */
  private leftovers: WorkerMark[];

  constructor(private readonly options: FleetOptions) {
    this.leftovers = options.marks.read();
  }

  /** @throws when the system has no room for another process */
  spawn(): WorkerProcess {
    const { argv, ports, runDir, limits, onServing } = this.options;
    const number = this.freeNumber();
    const worker = new WorkerProcess({ number, argv, env: workerEnv(number, ports), limits });
    this.living.add(worker);
    this.mark();
    void worker.exited.then(() => {
      this.living.delete(worker);
      this.mark();
    });
    void worker.started.then((isUp) => {
      if (!isUp) return;
      onServing();
      return watch(worker, runDir, limits);
    });
    return worker;
  }

  /** Lets what runs finish everywhere; resolves when nobody is left. */
  async drain(): Promise<void> {
    await Promise.all([...this.living].map((worker) => worker.drain(false)));
  }

  kill(): void {
    for (const worker of this.living) worker.kill();
  }

  /** The lowest, so that there are never many names: of sockets, and of series in the metrics. */
  private freeNumber(): number {
    this.leftovers = this.leftovers.filter((mark) => this.options.marks.lives(mark));
    const taken = new Set([...this.living, ...this.leftovers].map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number++;
    return number;
  }

  private mark(): void {
    try {
      this.options.marks.write([...this.living, ...this.leftovers]);
    } catch (err) {
      log.error({ err }, "cannot write down which workers run"); // a full disk must not end them
    }
  }
}
