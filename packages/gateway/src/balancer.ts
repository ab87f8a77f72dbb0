import type { Target } from "./target.ts";

/** How long a target whose connection failed is passed over while another one is ready. Short: it may be restarting. */
const SUSPECT_MS = 2_000;

type Load = { outstanding: number; suspectUntil: number };

/** Chooses the ready target with the fewest running requests; equal ones take turns. */
export class Balancer {
  private readonly loads = new Map<string, Load>();
  private turn = 0;

  constructor(private readonly now: () => number) {}

  /** `avoid` is taken only when it is the only one. Null when there is none at all. */
  pick(targets: readonly Target[], avoid?: Target): Target | null {
    const now = this.now();
    let best: Target | null = null;
    let bestCost = Number.POSITIVE_INFINITY;
    this.turn = (this.turn + 1) % 1_000_003;
    for (let offset = 0; offset < targets.length; offset++) {
      const target = targets[(this.turn + offset) % targets.length];
      if (target === undefined) continue;
      const cost = this.cost(target, now) + (target.key === avoid?.key ? 2e9 : 0);
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

  suspect(target: Target): void {
    this.loadOf(target.key).suspectUntil = this.now() + SUSPECT_MS;
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
      load = { outstanding: 0, suspectUntil: 0 };
      this.loads.set(key, load);
    }
    return load;
  }

  /** Targets come and go for as long as the gateway runs; only those that say something are remembered. */
  private forgetIdle(key: string, load: Load): void {
    if (load.outstanding === 0 && load.suspectUntil <= this.now()) this.loads.delete(key);
  }
}
