import { expect, test } from "bun:test";
import { join } from "node:path";

const PROGRAM = `
  const { createLogger } = await import(${JSON.stringify(join(import.meta.dir, "log.ts"))});
  const log = createLogger("test");
  for (let i = 0; i < 100; i += 1) log.info({ i, text: "x".repeat(50_000) }, "a line");
  await new Promise((resolve) => setImmediate(resolve));
  process.stderr.write("still here");
`;

test("a log that cannot be written ends nothing", async () => {
  const child = Bun.spawn([process.execPath, "-e", PROGRAM], {
    env: { ...process.env, HOMEPORT_LOG_LEVEL: "info" },
    stdout: Bun.file("/dev/full"),
    stderr: "pipe",
  });
  expect(await new Response(child.stderr).text()).toBe("still here");
  expect(await child.exited).toBe(0);
});
