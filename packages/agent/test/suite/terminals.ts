import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import type { ReplicaFailure } from "../../src/failure.ts";
import type { Terminal } from "../../src/ports.ts";
import { type Bench, failureOf, LONG } from "./bench.ts";

/** Every process that a shell's mark is on, or that has it as an argument. */
const processesOf = (shellId: string): string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      if (!/^\d+$/.test(name) || readFileSync(`/proc/${name}/stat`, "utf8").includes(") Z ")) return false;
      return ["environ", "cmdline"].some((file) => readFileSync(`/proc/${name}/${file}`, "latin1").includes(shellId));
    } catch {
      return false;
    }
  });

const nameOf = (pid: string): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

/** Reads a terminal to its end, as fast as it can. */
const follow = (terminal: Terminal) => {
  const chunks: Uint8Array[] = [];
  const done = (async () => {
    for await (const chunk of terminal.output) chunks.push(chunk.slice());
  })();
  const bytes = () => Buffer.concat(chunks);
  return {
    done,
    bytes,
    until: (text: string) =>
      waitFor(() => bytes().includes(text), LONG).catch((cause: unknown) => {
        throw new Error(`No ${JSON.stringify(text)} in ${JSON.stringify(bytes().toString().slice(-500))}`, { cause });
      }),
  };
};

const type = (terminal: Terminal, text: string) => terminal.write(new TextEncoder().encode(text));

/** What every engine does with a person's terminal in a replica. */
export const testTerminals = (bench: Bench): void =>
  describe("a terminal in a replica", () => {
    const open = async (command?: string[], size = { columns: 80, rows: 24 }, env: Record<string, string> = {}) => {
      const replica = bench.wish({ env });
      await bench.start(replica);
      const id = newId();
      return { id, replica, terminal: await bench.engine.openTerminal(replica.id, { id, command, ...size }) };
    };

    test("is a shell with the replica's variables, user, folder and size, and tells how it ended", async () => {
      const { id, replica, terminal } = await open(undefined, { columns: 101, rows: 33 }, { GREETING: "good day" });
      const seen = follow(terminal);
      await type(terminal, "echo $GREETING/$REPLICA$PWD/$TERM; stty size; tty -s && echo is-a-tty\n");
      await seen.until(`good day/${replica.id}/app/xterm-256color`);
      await seen.until("33 101");
      await seen.until("\nis-a-tty");
      await terminal.resize(120, 40);
      await type(terminal, "stty size\n");
      await seen.until("40 120");
      await type(terminal, "exit 7\n");
      await seen.done;
      expect(await terminal.exited).toBe(7);
      await terminal.close();
      expect(processesOf(id)).toEqual([]);
    });

    test("passes Ctrl-C on to what runs in front, and keeps the shell", async () => {
      const { terminal } = await open();
      const seen = follow(terminal);
      await type(terminal, "echo in-$((1+1)); sleep 1000\n");
      await seen.until("in-2");
      await type(terminal, "\x03");
      await seen.until("^C");
      await type(terminal, "echo still-$((40+2))\n");
      await seen.until("still-42");
      await terminal.close();
    });

    test("runs the given program instead, and says as shells do that there is none", async () => {
      const one = await open(["bun", "-e", "process.stdout.write('out'); process.exit(3)"]);
      const seen = follow(one.terminal);
      await seen.done;
      expect([seen.bytes().toString(), await one.terminal.exited]).toEqual(["out", 3]);
      const id = newId();
      const none = await bench.engine.openTerminal(one.replica.id, {
        id,
        command: ["/no/such"],
        columns: 80,
        rows: 24,
      });
      await follow(none).done;
      expect([126, 127]).toContain((await none.exited) ?? 0);
      for (const each of [one.terminal, none]) await each.close();
    });

    test("passes every byte both ways", async () => {
      const { terminal } = await open(["/bin/sh"]);
      const seen = follow(terminal);
      await type(terminal, "stty raw -echo; echo rea''dy; head -c 2560; exit 0\n");
      await seen.until("ready\n");
      const all = Uint8Array.from({ length: 2560 }, (_, at) => at % 256);
      for (let at = 0; at < all.length; at += 256) await terminal.write(all.subarray(at, at + 256));
      await seen.done;
      const begin = seen.bytes().indexOf("ready\n") + "ready\n".length; // the shell has words of its own at its end
      expect(
        seen
          .bytes()
          .subarray(begin, begin + 2560)
          .toString("hex"),
      ).toBe(Buffer.from(all).toString("hex"));
      expect(await terminal.exited).toBe(0);
      await terminal.close();
    });

    test("lets the program wait for a slow reader, and loses nothing", async () => {
      const size = 10 * 1024 * 1024;
      const { id, replica, terminal } = await open(["head", "-c", String(size), "/dev/zero"]);
      const reader = terminal.output[Symbol.asyncIterator]();
      let read = (await reader.next()).value?.length ?? 0;
      const before = process.memoryUsage.rss();
      const options = { id: newId(), command: ["sleep", "1"], columns: 80, rows: 24 };
      const other = await bench.engine.openTerminal(replica.id, options);
      await follow(other).done;
      expect(processesOf(id).map(nameOf)).toContain("head"); // a second later it still waits to be read
      expect(process.memoryUsage.rss() - before).toBeLessThan(8 * 1024 * 1024);
      for (let next = await reader.next(); next.done !== true; next = await reader.next()) read += next.value.length;
      expect(read).toBe(size);
      for (const each of [terminal, other]) await each.close();
    });

    test("leaves no process behind when it is closed, whatever was started in it", async () => {
      const { id, terminal } = await open();
      const seen = follow(terminal);
      await type(
        terminal,
        "trap '' HUP TERM; sleep 1001 & setsid sleep 1002 & sh -c 'trap \"\" HUP; sleep 1003; sleep 1004' & echo begun-$((1+1))\n",
      );
      await seen.until("begun-2");
      expect(processesOf(id).length).toBeGreaterThan(3);
      await terminal.close();
      expect(processesOf(id)).toEqual([]);
      await seen.done;
    });

    test("ends with its replica, and is none where no replica runs", async () => {
      const { id, replica, terminal } = await open();
      const seen = follow(terminal);
      await type(terminal, "echo here-$((1+1))\n");
      await seen.until("here-2");
      await bench.engine.stop(replica.id, 5);
      await seen.done;
      await terminal.close();
      expect(processesOf(id)).toEqual([]);
      for (const gone of [replica.id, newId()]) {
        const failure = await failureOf(bench.engine.openTerminal(gone, { id: newId(), columns: 80, rows: 24 }));
        expect((failure as ReplicaFailure).reason?.code).toBe("replica_not_running");
      }
    });
  });

/** Docker goes on with what it executes when an agent is killed. */
export const testLeftTerminals = (bench: Bench): void => {
  test("a terminal that an agent left behind is ended by the next one", async () => {
    const replica = bench.wish();
    await bench.start(replica);
    const id = newId();
    const command = ["sleep", "1005"];
    await bench.engine.openTerminal(replica.id, { id, command, columns: 80, rows: 24 });
    await waitFor(() => processesOf(id).length > 0, LONG);
    await bench.reopen();
    expect(processesOf(id)).toEqual([]);
  });

  test("an image without a shell says so", async () => {
    const replica = bench.wish();
    await bench.start(replica);
    const run = (command: string[]) =>
      bench.engine.openTerminal(replica.id, { id: newId(), command, columns: 80, rows: 24 });
    const away = await run([
      "bun",
      "-e",
      'for (const p of ["/bin/bash", "/bin/sh"]) require("node:fs").rmSync(p, { force: true })',
    ]);
    await follow(away).done;
    expect(await away.exited).toBe(0);
    const failure = await failureOf(bench.engine.openTerminal(replica.id, { id: newId(), columns: 80, rows: 24 }));
    expect((failure as ReplicaFailure).reason?.code).toBe("no_shell");
    for (const each of [away]) await each.close();
  });
};
