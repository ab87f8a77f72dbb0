import { afterAll, afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { pathsOf } from "../../src/paths.ts";
import { freePort, processEnv, ROOT, run } from "./platform.ts";

const MINUTE = 60_000;
const paths = pathsOf(mkdtempSync(join(tmpdir(), "hp-e2e-")));

afterEach(async () => {
  await run([join(ROOT, "bin/up"), "--stop", "--data", paths.dataDir], { timeoutMs: MINUTE });
});
afterAll(() => rmSync(paths.dataDir, { recursive: true, force: true }));

/** A platform in the foreground that is ready; `ended` gives its exit code and all that it printed. */
const start = async (prefix: string[] = []) => {
  const options = ["--port", String(await freePort()), "--data", paths.dataDir, "--engine", "process"];
  const child = Bun.spawn([...prefix, join(ROOT, "bin/up"), ...options], { env: processEnv(), stdout: "pipe" });
  let printed = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) printed += decoder.decode(chunk, { stream: true });
  })();
  await waitFor(() => printed.includes("Homeport is ready at"), { timeoutMs: MINUTE });
  const ended = async () => {
    const code = await child.exited;
    await reading;
    return { code, printed };
  };
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended };
};

const WORKLOADS_STOPPED = "every replica was stopped";

test(
  "a closed terminal ends the platform in order: no part dies first, no server stays, the workloads are left alone",
  async () => {
    const platform = await start();
    platform.kill("SIGHUP");
    const { code, printed } = await platform.ended();
    expect(code).toBe(0);
    expect(printed).not.toContain("died");
    expect(printed).not.toContain(WORKLOADS_STOPPED);
    expect(Object.values(paths.pidFiles).filter((file) => existsSync(file))).toEqual([]);
    expect(existsSync(join(paths.dataDir, "valkey.pid"))).toBe(false);
    expect(existsSync(join(paths.dataDir, "postgres/postmaster.pid"))).toBe(false);
  },
  2 * MINUTE,
);

test(
  "under nohup the end of the terminal is no reason to stop",
  async () => {
    const platform = await start(["nohup"]);
    platform.kill("SIGHUP");
    platform.kill("SIGINT"); // only the first signal counts: this one stops the workloads too, the other would not
    const { code, printed } = await platform.ended();
    expect(code).toBe(0);
    expect(printed).toContain(WORKLOADS_STOPPED);
  },
  2 * MINUTE,
);
