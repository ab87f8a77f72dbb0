/** Each takes a core and 64 MiB for as long as it runs, and traffic needs the other cores. */
const MAX_RUNNING = 2;
/** Waiting passwords in all, and of one scope: one host under attack leaves places for the others. */
const MAX_WAITING = 64;
const MAX_WAITING_PER_SCOPE = 16;
/** Nobody waits longer for a turn; a page then says to try again. */
const MAX_WAIT_MS = 5_000;

export type VerifyPassword = (password: string, passwordHash: string) => Promise<boolean>;
export type PasswordAnswer = "right" | "wrong" | "busy";

type Waiting = { scope: string; start: () => void };

/** Verifies passwords, a few at once: the work is done on Bun's threads, the rest waits in a queue of bounded length and time. */
export class PasswordQueue {
  private running = 0;
  private readonly waiting = new Set<Waiting>();

  constructor(
    private readonly verifyPassword: VerifyPassword = Bun.password.verify,
    private readonly maxWaitMs = MAX_WAIT_MS,
  ) {}

  /** Never rejects: a hash that cannot be read fits no password. */
  async verify(scope: string, password: string, passwordHash: string): Promise<PasswordAnswer> {
    if (this.running < MAX_RUNNING) this.running++;
    else if (!(await this.turn(scope))) return "busy";
    try {
      return (await this.verifyPassword(password, passwordHash)) ? "right" : "wrong";
    } catch {
      return "wrong";
    } finally {
      this.passOn();
    }
  }

  /** Resolves with false when there is no place, or no turn came in time. */
  private turn(scope: string): Promise<boolean> {
    if (this.waiting.size >= MAX_WAITING || this.waitingOf(scope) >= MAX_WAITING_PER_SCOPE)
      return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = { scope, start: () => leave(true) };
    const leave = (hasTurn: boolean) => {
      clearTimeout(timer);
      this.waiting.delete(waiting);
      resolve(hasTurn);
    };
    const timer = setTimeout(leave, this.maxWaitMs, false);
    this.waiting.add(waiting);
    return promise;
  }

  private waitingOf(scope: string): number {
    let count = 0;
    for (const waiting of this.waiting) if (waiting.scope === scope) count++;
    return count;
  }

  /** A place that is free goes straight to who waits longest: nobody comes in between. */
  private passOn(): void {
    const [first] = this.waiting;
    if (first === undefined) this.running--;
    else first.start();
  }
}
