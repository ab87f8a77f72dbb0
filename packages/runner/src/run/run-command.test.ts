import { expect, spyOn, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { isAlive } from "../../test/processes.ts";
import { runCommand } from "./run-command.ts";

const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
const bun = (script: string) => ({ argv: [process.execPath, "-e", script], env });
const never = new AbortController().signal;

const collect = () => {
  const lines: string[] = [];
  return { lines, onLine: (stream: string, line: string) => void lines.push(`${stream}: ${line}`) };
};

test("a command's lines arrive by stream, and its exit code at the end", async () => {
  const { lines, onLine } = collect();
  const exit = await runCommand(bun("console.log('out'); console.error('err'); process.exit(3)"), {
    onLine,
    signal: never,
  });
  expect(lines.sort()).toEqual(["stderr: err", "stdout: out"]);
  expect(exit).toMatchObject({ exitCode: 3, signal: null });
});

test("only the environment that was given is there", async () => {
  const { lines, onLine } = collect();
  await runCommand(
    { ...bun("console.log(Object.keys(process.env).sort().join())"), env: { ...env, A: "1" } },
    { onLine, signal: never },
  );
  expect(lines).toEqual(["stdout: A,PATH"]);
});

test("of a long output the last 50 lines are kept", async () => {
  const { lastLines } = await runCommand(bun("for (let i = 0; i < 200; i++) console.log(i)"), {
    onLine: () => {},
    signal: never,
  });
  expect(lastLines).toHaveLength(50);
  expect(lastLines.at(-1)).toBe("199");
});

test("a program that does not exist is an error", async () => {
  await expect(runCommand({ argv: ["/no/such/program"], env }, { onLine: () => {}, signal: never })).rejects.toThrow();
});

test("aborting kills the command and what it started, and throws the reason", async () => {
  const stop = new AbortController();
  const script = "const c = Bun.spawn(['sleep', '600']); console.log(c.pid); setInterval(() => {}, 1000)";
  let pid = 0;
  const onLine = (_: string, line: string) => {
    pid = Number(line);
    stop.abort(new Error("enough"));
  };
  await expect(runCommand(bun(script), { onLine, signal: stop.signal })).rejects.toThrow("enough");
  await waitFor(() => pid > 0 && !isAlive(pid));
});

test("what a command leaves running ends with it", async () => {
  let pid = 0;
  const script =
    "const c = Bun.spawn(['sleep', '600'], { stdout: 'inherit' }); console.log(c.pid); c.unref(); process.exit(0)";
  const onLine = (_: string, line: string) => {
    pid = Number(line);
  };
  expect((await runCommand(bun(script), { onLine, signal: never })).exitCode).toBe(0);
  await waitFor(() => pid > 0 && !isAlive(pid));
});

test("once a command is gone its process id is left alone: it may be another's by then", async () => {
  const kill = spyOn(process, "kill");
  const stop = new AbortController();
  let killsAtEnd = -1;
  const guard = (argv: readonly string[]) => ({
    argv,
    descriptors: [],
    untilGone: async () => {
      killsAtEnd = kill.mock.calls.length;
      stop.abort(new Error("too late"));
    },
  });
  await expect(runCommand({ ...bun(""), guard }, { onLine: () => {}, signal: stop.signal })).rejects.toThrow(
    "too late",
  );
  expect(killsAtEnd).toBeGreaterThan(0);
  expect(kill.mock.calls).toHaveLength(killsAtEnd);
  kill.mockRestore();
});

test("a command writes no faster than its lines are taken", async () => {
  const script = "process.stdout.write('x\\n'.repeat(200_000)); console.error('written')";
  let most = 0;
  let open = 0;
  const onLine = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
  };
  await runCommand(bun(script), { onLine, signal: never });
  expect(most).toBeLessThan(200_000);
});
