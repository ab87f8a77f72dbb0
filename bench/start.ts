import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, processEnv, ROOT, run } from "../packages/standalone/test/e2e/platform.ts";
import { ms, report, timed } from "./report.ts";

/** P16: a fresh clone to `Homeport is ready`, with and without dependencies on the machine. */
const UP_MS = 300_000;

const upOnce = async (clone: string, data: string, port: number): Promise<number> => {
  const up = await timed(() =>
    run([join(clone, "bin/up"), "--detach", "--data", data, "--port", String(port), "--engine", "process"], {
      env: processEnv(),
      timeoutMs: UP_MS,
    }),
  );
  if (up.result.code !== 0) throw new Error(up.result.stderr);
  const down = await run([join(clone, "bin/up"), "--stop", "--data", data], { env: processEnv(), timeoutMs: UP_MS });
  if (down.code !== 0) throw new Error(down.stderr);
  return up.ms;
};

const folder = mkdtempSync(join(tmpdir(), "hp-start-"));
try {
  const clone = join(folder, "homeport");
  await run(["git", "clone", "--quiet", ROOT, clone], { timeoutMs: 60_000 });
  const port = await freePort();
  const fresh = await upOnce(clone, join(folder, "first"), port);
  const cached = await upOnce(clone, join(folder, "second"), port);
  const again = await upOnce(clone, join(folder, "second"), port);
  report("P16 start", {
    "fresh clone, nothing installed": `${ms(fresh)} of 90 s`,
    "dependencies there, new data folder": `${ms(cached)} of 10 s`,
    "the same data folder again": `${ms(again)}`,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
