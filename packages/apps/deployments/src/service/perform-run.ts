import { invariant } from "@homeport/kit/errors.ts";
import { commandLine } from "../one-off-command.ts";
import type { Answer, Step } from "./step-context.ts";
import { openWanted } from "./wanted-release.ts";

/** Longer than migrations of honest size take, and an end for those that wait for a lock. */
const TIMEOUT_SECONDS = 1_800;

/** Runs a one-off command in the new release, unless it runs already, and looks how it stands. */
export const runCommand = async (step: Step, which: "pre_deploy" | "post_deploy", cancel: boolean): Promise<Answer> => {
  const { deployment, outside } = step;
  const { runId } = deployment;
  invariant(runId !== null, "a deployment that waits for a command knows which");
  if (cancel) return { event: { event: "run", run: await outside.runs.cancel(runId) } };
  const wanted = await openWanted(step);
  const { preDeployCommand, postDeployCommand } = wanted.release.settings;
  const command = which === "pre_deploy" ? preDeployCommand : postDeployCommand;
  invariant(command !== undefined, "a release has the command that its deployment waits for");
  await outside.logs.openRun(runId, step.service);
  const run = await outside.runs.put(runId, wanted, commandLine(command), TIMEOUT_SECONDS);
  return { event: { event: "run", run } };
};
