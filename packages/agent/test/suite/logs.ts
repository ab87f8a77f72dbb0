import { expect, test } from "bun:test";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { type Bench, get, LONG, sorted } from "./bench.ts";

export const testLogs = (bench: Bench): void => {
  test("both streams of the log arrive, in order, and a cursor goes on exactly after its line", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await get(address, "/log?count=300");
    await get(address, "/exit?code=0");
    await bench.ended(replica.id);
    const entries = await bench.logOf(replica.id);
    const stdout = entries.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
    expect(stdout[0]).toBe("mode serve");
    expect(stdout.slice(2)).toEqual(Array.from({ length: 300 }, (_, index) => `line ${index + 1}`));
    expect(entries.filter(({ stream }) => stream === "stderr").map(({ text }) => text)).toEqual(["a word on stderr"]);
    for (const place of [0, 1, 2, 150, entries.length - 1]) {
      const rest = await bench.logOf(replica.id, entries[place]!.cursor);
      expect(sorted(rest)).toEqual(sorted(entries.slice(place + 1)));
    }
  });

  test("a log is followed while it grows", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const entry of bench.engine.logs(replica.id, null, stop.signal)) seen.push(entry.text);
    })();
    await waitFor(() => seen.some((text) => text.startsWith("listening")), LONG);
    await get(address, "/log?count=3");
    await waitFor(() => seen.includes("line 3"), LONG);
    stop.abort();
    await following;
  });
};
