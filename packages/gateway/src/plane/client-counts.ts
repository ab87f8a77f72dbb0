import { networkOf } from "../policies/cidr.ts";

/** How many connections each client has. One IPv6 client has a whole /64 to come from. */
export class ClientCounts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** False, and not counted, when the client has as many as it may. */
  add(address: string): boolean {
    const key = networkOf(address);
    const count = this.counts.get(key) ?? 0;
    if (count >= this.limit) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  remove(address: string): void {
    const key = networkOf(address);
    const count = this.counts.get(key) ?? 0;
    if (count <= 1) this.counts.delete(key);
    else this.counts.set(key, count - 1);
  }
}
