import type { Target } from "./target.ts";

/** How long a target whose connection failed is passed over while another one is ready: it may just be restarting. */
const SUSPECT_MS = 2_000;
/** Each further failure doubles that, up to here: a killed instance stays in the table until its lease ends. */
const MAX_SUSPECT_MS = 16_000;

type Load = { outstanding: number; suspectUntil: number; suspectMs: number };

/** Chooses the ready target with the fewest running requests; equal ones take turns. */
export class Balancer {
  private readonly loads = new Map<string, Load>();
  private turn = 0;

  constructor(private readonly now: () => number) {}

  /** One of `avoid` (by key) is taken only when there is no other. Null when there is none at all. */
  pick(targets: readonly Target[], avoid: ReadonlySet<string> = new Set()): Target | null {
    const now = this.now();
    let best: Target | null = null;
    let bestCost = Number.POSITIVE_INFINITY;
    this.turn = (this.turn + 1) % 1_000_003;
    for (let offset = 0; offset < targets.length; offset++) {
      const target = targets[(this.turn + offset) % targets.length];
      if (target === undefined) continue;
      const cost = this.cost(target, now) + (avoid.has(target.key) ? 2e9 : 0);
      if (cost < bestCost) [best, bestCost] = [target, cost];
    }
    return best;
  }

  /** Counts a request on its target until the returned function is called, which may happen more than once. */
  begin(target: Target): () => void {
    const load = this.loadOf(target.key);
    load.outstanding++;
    let isRunning = true;
    return () => {
      if (!isRunning) return;
      isRunning = false;
      load.outstanding--;
      this.forgetIdle(target.key, load);
    };
  }

  /** A connection to it failed or broke off before an answer. */
  suspect(target: Target): void {
    const load = this.loadOf(target.key);
    if (load.suspectUntil > this.now()) return; // requests that were under way tell the same failure again
    load.suspectMs = Math.min(load.suspectMs === 0 ? SUSPECT_MS : load.suspectMs * 2, MAX_SUSPECT_MS);
    load.suspectUntil = this.now() + load.suspectMs;
  }

  /** It answered. */
  trust(target: Target): void {
    const load = this.loads.get(target.key);
    if (load !== undefined) [load.suspectUntil, load.suspectMs] = [0, 0];
  }

  /** Forgets targets that are in no table any more. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, load] of this.loads) {
      if (!keys.has(key) && load.outstanding === 0) this.loads.delete(key);
    }
  }

  outstanding(key: string): number {
    return this.loads.get(key)?.outstanding ?? 0;
  }

  private cost(target: Target, now: number): number {
    const load = this.loads.get(target.key);
    if (load === undefined) return 0;
    return load.outstanding + (load.suspectUntil > now ? 1e9 : 0);
  }

  private loadOf(key: string): Load {
    let load = this.loads.get(key);
    if (load === undefined) {
      load = { outstanding: 0, suspectUntil: 0, suspectMs: 0 };
      this.loads.set(key, load);
    }
    return load;
  }

  /** Targets come and go for as long as the gateway runs; only those that say something are remembered. */
  private forgetIdle(key: string, load: Load): void {
    if (load.outstanding === 0 && load.suspectMs === 0) this.loads.delete(key);
  }
}
