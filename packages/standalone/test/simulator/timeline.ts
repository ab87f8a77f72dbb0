import type { Process } from "./process.ts";

/** Something that happens at an instant of virtual time; `owner` null is the world itself, which never dies. */
export type Happening = { at: number; order: number; owner: Process | null; life: number; run: () => void };

/** What is still to happen, earliest first, and what was planned first of what is at one instant: a binary heap. */
export class Timeline {
  private readonly heap: Happening[] = [];
  private count = 0;

  add(at: number, owner: Process | null, run: () => void): void {
    const happening = { at, order: this.count++, owner, life: owner?.life ?? 0, run };
    this.push(happening);
  }

  /** The same again, later. */
  postpone(happening: Happening, at: number): void {
    happening.at = at;
    happening.order = this.count++;
    this.push(happening);
  }

  next(): Happening | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.sink(last);
    return first;
  }

  private push(happening: Happening): void {
    const { heap } = this;
    let index = heap.push(happening) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Happening;
      if (!isBefore(happening, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = happening;
  }

  private sink(happening: Happening): void {
    const { heap } = this;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Happening)) below += 1;
      const child = heap[below] as Happening;
      if (!isBefore(child, happening)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = happening;
  }
}

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
