import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAlive } from "@homeport/kit/local/daemon.ts";
import { z } from "zod";

const MAX_MARKS = 1_000;
const Marks = z.array(z.object({ number: z.number().int().min(0), pid: z.number().int().min(2) })).max(MAX_MARKS);

export type WorkerMark = z.infer<typeof Marks>[number];

/** The workers of a run folder, written down so that a supervisor finds those that another one left behind. */
export class WorkerMarks {
  /** `program`: the script that workers run, which tells their processes from others under a pid that is used again. */
  constructor(
    private readonly file: string,
    private readonly program: string,
  ) {}

  /** Those that still live. */
  read(): WorkerMark[] {
    try {
      const marks = Marks.parse(JSON.parse(readFileSync(this.file, "utf8")));
      return marks.filter((mark) => this.lives(mark));
    } catch {
      return []; // never written, or not by us
    }
  }

  lives({ pid }: WorkerMark): boolean {
    return isAlive(pid, /^bun/, this.program);
  }

  write(marks: readonly WorkerMark[]): void {
    writeFileSync(this.file, JSON.stringify(marks.map(({ number, pid }) => ({ number, pid }))), { mode: 0o600 });
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
