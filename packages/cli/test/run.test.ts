import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { AT, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
afterAll(() => platform.stop());
beforeEach(() => platform.reset());

const target = ["--project", "shop", "--service", "api"];
const cli = (...args: string[]) => runCli(args, { env: { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" } });
const SERVICE = "/deployments/projects/shop/services/api";
const ID = "0199f000-0000-7000-8000-000000000009";

const run = (more: object = {}) => ({
  id: ID,
  kind: "command",
  state: "running",
  environment: "production",
  command: ["env"],
  release: 3,
  timeoutSeconds: 900,
  scheduledFor: null,
  exitCode: null,
  reason: null,
  log: `run.${ID}`,
  cancelRequested: false,
  createdBy: "Ada",
  createdAt: AT,
  startedAt: AT,
  finishedAt: null,
  ...more,
});
const over = { state: "succeeded", exitCode: 0, finishedAt: AT };
const failed = {
  state: "failed",
  exitCode: 3,
  finishedAt: AT,
  reason: { code: "exited", message: "It ended with 3." },
};

/** A run whose lines come in two portions, the second after its end. */
const accept = (route: string, ended: object) => {
  const texts = ["HOMEPORT_RUN_ID=x", "last"];
  platform.on(`POST ${SERVICE}${route}`, () => Response.json(run(), { status: 202 }));
  platform.on(`GET ${SERVICE}/runs/:id`, run(ended));
  platform.on(`GET /logging/streams/run.${ID}/lines`, (request) => {
    const after = Number(new URL(request.url).searchParams.get("after"));
    const text = texts[after];
    return Response.json({ lines: text === undefined ? [] : [{ n: after + 1, at: AT, stream: "stdout", text }] });
  });
};

describe("homeport run", () => {
  test("sends the arguments as they are, shows every line and ends well when the command did", async () => {
    accept("/runs", over);
    const answer = await cli("run", ...target, "--timeout", "60", "--", "printenv", "A  B", "--json");
    expect(answer).toMatchObject({ code: 0, stdout: "HOMEPORT_RUN_ID=x\nlast\n" });
    expect(platform.seen[0]?.body).toEqual({ argv: ["printenv", "A  B", "--json"], timeoutSeconds: 60 });
  });

  test("ends with the exit code of the command, and why", async () => {
    accept("/runs", failed);
    const answer = await cli("run", ...target, "--", "false");
    expect([answer.code, answer.stderr]).toEqual([3, "The run failed: It ended with 3.\n"]);
  });

  test("as JSON is one document, with the output beside it", async () => {
    accept("/runs", failed);
    const answer = await cli("run", ...target, "--json", "--", "false");
    expect([answer.code, JSON.parse(answer.stdout).exitCode]).toEqual([3, 3]);
    expect(answer.stderr).toBe("HOMEPORT_RUN_ID=x\nlast\n");
  });

  test("without a command is a wrong command line", async () => {
    expect((await cli("run", ...target)).code).toBe(2);
  });
});

test("homeport cron run follows the run of a cron service", async () => {
  accept("/cron/run", over);
  expect(await cli("cron", "run", ...target)).toMatchObject({ code: 0, stdout: "HOMEPORT_RUN_ID=x\nlast\n" });
});

test("homeport cron list shows the schedule, the next times and how it ran", async () => {
  const cron = {
    schedule: "@daily",
    timeZone: "UTC",
    concurrency: "forbid",
    paused: false,
    nextTimes: [AT],
    latest: null,
  };
  platform.on(`GET ${SERVICE}/cron`, cron);
  platform.on(`GET ${SERVICE}/runs`, { items: [run({ ...over, kind: "cron", scheduledFor: AT })], nextCursor: null });
  const { code, stdout, stderr } = await cli("cron", "list", ...target);
  expect([code, stderr]).toEqual([0, `@daily (UTC)\nnext  ${AT}\n`]);
  expect(stdout).toContain(`succeeded  ${AT}`);
});
