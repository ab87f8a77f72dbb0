import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { DomainError, type ErrorCode } from "@homeport/kit/errors.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import type { BuildJob } from "../src/job.ts";
import { takeLogStep } from "../src/service/log-steps.ts";
import { type Scene, startScene } from "./scene.ts";

setDefaultTimeout(60_000); // the first start migrates a database

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

const logStateOf = async (id: string): Promise<string | undefined> => {
  const [row] = await scene.database.admin<
    { state: string }[]
  >`select log_state as state from ci.jobs where id = ${id}`;
  return row?.state;
};

/** What becomes of a job's log when the logging app answers its end with this. The app itself takes no step meanwhile. */
const stateAfterEndingFailsWith = async (code: ErrorCode): Promise<string | undefined> => {
  const { id, key } = await scene.createJob();
  await scene.cancel({ key });
  await waitFor(async () => (await logStateOf(id)) === "ended");
  await scene.database.admin`update ci.jobs set log_state = 'open', log_step_at = 'infinity' where id = ${id}`;
  const fail = () => Promise.reject(new DomainError(code, "It does not work."));
  const step = { step: "end", job: { id } as BuildJob } as const;
  await takeLogStep(scene.database.connect("ci"), { create: fail, end: fail }, step);
  return logStateOf(id);
};

test("a log that is gone counts as ended, so that its job can be forgotten", async () => {
  expect(await stateAfterEndingFailsWith("not_found")).toBe("ended");
});

test("a log that cannot be ended now will be tried again", async () => {
  expect(await stateAfterEndingFailsWith("unavailable")).toBe("open");
});
