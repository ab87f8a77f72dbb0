/** A process that is a whole agent: it is told one state after the other, each once the one before has come about. */

import { DesiredState } from "@homeport/clusters/contract.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { startAgent } from "../src/index.ts";
import type { ControlPlane } from "../src/ports.ts";
import { createLogSink } from "./log-sink.ts";

const Job = z.object({
  config: z.object({
    nodeId: z.string(),
    dataDir: z.string(),
    engine: z.enum(["docker", "process"]),
    registry: z.string(),
    dockerHost: z.string().optional(),
  }),
  password: z.string(),
  states: z.array(DesiredState),
});
const { config, password, states } = Job.parse(await Bun.stdin.json());

const RESTING = ["ready", "exited", "failed", "stopped"];
let at = 0;
let wake = Promise.withResolvers<void>();

const controlPlane: ControlPlane = {
  async desired(after, _waitSeconds, signal) {
    const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while ((states[at]?.generation ?? 0) <= after && !signal.aborted) await Promise.race([wake.promise, gone]);
    return states[at];
  },
  async observed({ generation, replicas, tasks }) {
    const isDone =
      generation === states[at]?.generation &&
      replicas.every(({ state }) => RESTING.includes(state)) &&
      (tasks?.length ?? 0) === states[at]?.tasks.length &&
      tasks?.every(({ state }) => state !== "running");
    if (!isDone || at === states.length - 1) return;
    at += 1;
    wake.resolve();
    wake = Promise.withResolvers<void>();
  },
  shell: async () => {
    throw new Error("Nobody waits for a shell.");
  },
};

const registryPassword = async () => new Secret(password);
await startAgent(
  { ...config, registryPassword, searchPath: process.env.PATH ?? "" },
  { controlPlane, logSink: createLogSink().port },
);
