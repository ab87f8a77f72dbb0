import type { Process } from "./process.ts";
import { later, pause, type World } from "./world.ts";

/** What became of a call. `refused`: the other side said no, and says so again; `unavailable`: nobody knows. */
export type Answered<T> = { is: "answer"; value: T } | { is: "refused"; code: string } | { is: "unavailable" };

export type Reply<T> = (answer: Answered<T>) => void;

/**
 * Calls another process. What is asked may arrive late, twice or not at all, out of order with other calls, and the same
 * is true of the answer; after `timeoutMs` the caller knows nothing. `to` says who takes the call.
 */
export const call = <T>(
  world: World,
  from: Process,
  to: () => Process | null,
  handle: (reply: Reply<T>, by: Process) => void,
  then: Reply<T>,
  timeoutMs: number,
): void => {
  if (from.isDying) return;
  if (from.stallsMs > 0) {
    pause(world, from, from.stallsMs);
    from.stallsMs = 0;
  }
  let isOver = false;
  const end: Reply<T> = (answer) => {
    if (isOver) return;
    isOver = true;
    then(answer);
  };
  const unavailable = () => end({ is: "unavailable" });
  later(world, from, timeoutMs, unavailable);
  const send = (delayMs: number, reply: Reply<T>): void => {
    const target = to();
    if (target === null || !target.up) {
      later(world, from, delayMs, unavailable);
      return;
    }
    // Whoever waits at a process that dies hears of it: its connections end.
    const hangUp = () => later(world, from, delayOf(world), unavailable);
    target.callers.add(hangUp);
    const answered: Reply<T> = (answer) => {
      target.callers.delete(hangUp);
      reply(answer);
    };
    // The target's own happening, so that it can be stopped or dead when it comes to it.
    later(world, target, delayMs, () => {
      if (isCut(world, from) || isCut(world, target)) target.callers.delete(hangUp);
      else handle(answered, target);
    });
  };
  const back: Reply<T> = (answer) => {
    if (isLost(world) || isCut(world, from)) return;
    later(world, from, delayOf(world), () => end(answer));
  };
  if (isCut(world, from)) return;
  if (!isLost(world)) send(delayOf(world), back);
  if (isDoubled(world)) send(delayOf(world) + 200, () => {});
};

export const isCut = (world: World, { cutOffUntil }: Process): boolean => cutOffUntil > world.now;

const isLost = (world: World): boolean => world.isStormy && world.random.chance(0.04);
const isDoubled = (world: World): boolean => world.isStormy && world.random.chance(0.05);

export const delayOf = (world: World): number => {
  const { random } = world;
  if (world.isStormy && random.chance(0.08)) return random.int(100, 6_800);
  return random.int(1, 40);
};

/** One of several that lives; null when none does. */
export const anyOf = (world: World, processes: readonly Process[]): Process | null => {
  const living = processes.filter(({ up }) => up);
  return living.length === 0 ? null : world.random.pick(living);
};
