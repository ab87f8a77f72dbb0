import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-runs-"));

beforeAll(async () => {
  platform = await startPlatform("process", {});
  writeFiles(dir, smallServer("one"));
}, 5 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

test(
  "a one-off command has the variables of the live release, shows its output and ends as it ended",
  async () => {
    const target = ["--project", "shop", "--service", "api"];
    await platform.cliJson(["deploy", dir, ...target, "--wait"]);
    await platform.cliJson(["env", "set", ...target, "GREETING=good day", "--apply", "--wait"]);
    const shown = await platform.cli(["run", ...target, "--", "printenv", "GREETING", "HOMEPORT_RUN_ID"]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^good day\n[0-9a-f-]{36}\n$/);
    const script = "console.error('no'); process.exit(3)";
    const failed = await platform.cli(["run", ...target, "--", "bun", "-e", script]);
    expect([failed.code, failed.stdout]).toEqual([3, "no\n"]);
    const late = await platform.cli(["run", ...target, "--timeout", "1", "--", "sleep", "60"]);
    expect(late.code).not.toBe(0);
    expect(late.stderr).toContain("took longer than its limit of 1 seconds");
  },
  4 * MINUTE,
);

test(
  "a cron service runs at its times and by hand, and nothing of it stands in between",
  async () => {
    const project = "shop";
    const service = "report";
    const { deployments } = platform.client;
    await deployments.services.create({
      project,
      slug: service,
      source: { kind: "upload" },
      settings: { kind: "cron", schedule: "* * * * *", startCommand: "echo reported" },
    });
    const target = ["--project", project, "--service", service];
    await platform.cliJson(["deploy", dir, ...target, "--wait"]);
    const byHand = await platform.cli(["cron", "run", ...target]);
    expect([byHand.code, byHand.stdout]).toEqual([0, "reported\n"]);
    const scheduled = () => deployments.runs.list({ project, service, kind: "cron", limit: 100 });
    await waitFor(
      async () =>
        (await scheduled()).items.filter((run) => run.scheduledFor !== null && run.state === "succeeded").length >= 2,
      { timeoutMs: 3 * MINUTE, message: "it ran at two times" },
    );
    const times = (await scheduled()).items.flatMap((run) => run.scheduledFor ?? []);
    expect(new Set(times).size).toBe(times.length);
    expect(times.every((time) => time.endsWith(":00.000Z"))).toBe(true);
  },
  6 * MINUTE,
);
