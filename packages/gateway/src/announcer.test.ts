import { expect, test } from "bun:test";
import { until } from "../test/until.ts";
import { Announcer } from "./announcer.ts";
import type { RegistryWriter } from "./ports.ts";

/** A registry that takes writes, or answers like one whose memory is full: it can be read all the same. */
function registry(takesWrites: boolean) {
  const revisions: number[] = [];
  const writer: RegistryWriter = {
    async writeGateway({ revision }) {
      if (!takesWrites) throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
      revisions.push(revision);
    },
    writeStatus: async () => undefined,
    removeGateway: async () => undefined,
  };
  return { writer, revisions };
}

test("a registry that takes no writes is told of: those whose leases hang on it cannot renew them either", async () => {
  for (const takesWrites of [true, false]) {
    const { writer, revisions } = registry(takesWrites);
    let refusals = 0;
    const announcer = new Announcer(writer, "one", () => {
      refusals++;
    });
    const stopping = new AbortController();
    const running = announcer.run(stopping.signal);
    announcer.applied(7);
    await until("it has tried", () => revisions.includes(7) || refusals > 0);
    stopping.abort();
    await running;
    expect(refusals > 0).toBe(!takesWrites);
  }
});
