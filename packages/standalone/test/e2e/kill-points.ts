/**
 * Where a deploy can be cut off, stage by stage from the wish to the record of its end. Each is a `crashpoint` in the code
 * of an app, the agent or the runner, and all of these are in one process of a small machine.
 */
export const KILL_POINTS = {
  accepted: ["deployments.queued", "deployments.began.after"],
  "given to a runner": ["deployments.build_started.before", "deployments.build_started.after", "ci.claimed"],
  fetched: ["runner.fetched"],
  built: ["runner.built"],
  pushing: ["runner.push.blob"],
  pushed: ["runner.push.manifest"],
  "told by the runner": ["runner.report.before", "ci.recorded", "runner.report.after", "deployments.build.before"],
  released: ["deployments.released.before", "deployments.released.after"],
  scheduled: ["deployments.rollout.before", "deployments.rollout.after"],
  pulling: ["agent.pull.before", "agent.pull.after"],
  created: ["agent.create.after"],
  started: ["agent.start.before", "agent.start.after"],
  healthy: ["agent.probe.ready"],
  switched: ["rollout.switch.before-commit", "rollout.switch.after-commit"],
  drained: ["rollout.drain.acknowledged", "agent.stop.before", "agent.stop.after", "agent.remove.after"],
  recorded: ["rollout.recorded"],
} as const;

export type Stage = keyof typeof KILL_POINTS;

/** Those that are no part of a deploy: runs and tasks have tests of their own beside them. */
export const OTHER_POINTS = ["agent.task.begin", "agent.task.done", "agent.run.recorded", "run.recorded"];
