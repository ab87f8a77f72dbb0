import { expect, test } from "bun:test";
import type { DesiredShell } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { TERMINAL_WINDOW_BYTES } from "@homeport/kit/terminal-frames.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { type AgentBench, LONG } from "./agent-bench.ts";

/** Shells under an agent. */
export const testShells = (bench: AgentBench): void => {
  const shellOf = (replicaId: string, more: Partial<DesiredShell> = {}): DesiredShell => ({
    id: newId(),
    replicaId,
    columns: 80,
    rows: 24,
    ...more,
  });
  const replica = async () => {
    const wish = bench.wish();
    bench.control.want(wish);
    await bench.until(wish, "ready");
    return wish;
  };

  test("a shell that is asked for is opened once, tells its end, and is over", async () => {
    const { id } = await replica();
    const program =
      "console.log('begun'); for await (const line of console) { console.log('got ' + line); process.exit(4); }";
    const shell = shellOf(id, { command: ["bun", "-e", program] });
    const line = await bench.control.openShell(shell);
    await waitFor(() => line.text().includes("begun"), LONG);
    line.say({ kind: "data", bytes: new TextEncoder().encode("good day\n") });
    await waitFor(() => line.isOver, LONG);
    expect(line.text()).toContain("got good day");
    expect(line.frames.at(-1)).toEqual({ kind: "exit", code: 4 });
    expect(line.frames).toContainEqual({ kind: "taken", bytes: 9 });
  });

  test("no more is underway to somebody who takes nothing than the window, and all comes once they do", async () => {
    const { id } = await replica();
    const size = 1024 * 1024;
    const command = ["head", "-c", String(size), "/dev/zero"];
    const line = await bench.control.openShell(shellOf(id, { command }));
    await waitFor(() => line.size() > TERMINAL_WINDOW_BYTES - 16 * 1024, LONG);
    expect(line.size()).toBeLessThanOrEqual(TERMINAL_WINDOW_BYTES);
    await waitFor(() => {
      line.take();
      return line.isOver;
    }, LONG);
    expect(line.size()).toBe(size);
    expect(line.frames.at(-1)).toEqual({ kind: "exit", code: 0 });
  });

  test("where nothing runs a shell ends with the reason", async () => {
    const line = await bench.control.openShell(shellOf(newId()));
    await waitFor(() => line.isOver, LONG);
    expect(line.frames).toEqual([expect.objectContaining({ kind: "error", code: "replica_not_running" })]);
  });
};
