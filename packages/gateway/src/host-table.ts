import type { HostPattern } from "./host.ts";

/** Exact host first, then the wildcard of its parent domain. */
export class HostTable<Value> {
  private readonly exact = new Map<string, Value>();
  private readonly wildcards = new Map<string, Value>();

  get(pattern: HostPattern): Value | undefined {
    return (pattern.isWildcard ? this.wildcards : this.exact).get(pattern.name);
  }

  set(pattern: HostPattern, value: Value): void {
    (pattern.isWildcard ? this.wildcards : this.exact).set(pattern.name, value);
  }

  match(name: string): Value | null {
    const exact = this.exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    return dot === -1 ? null : (this.wildcards.get(name.slice(dot + 1)) ?? null);
  }

  get size(): number {
    return this.exact.size + this.wildcards.size;
  }
}
