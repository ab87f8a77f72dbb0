/** Numbers from a seed (mulberry32): the same seed gives the same inputs on every machine. */
export class Random {
  constructor(private state: number) {}

  /** A whole number in `[0, limit)`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Up to `most` of what `make` makes. */
  some(most: number, make: () => string): string {
    let text = "";
    for (let count = this.below(most + 1); count > 0; count--) text += make();
    return text;
  }
}
