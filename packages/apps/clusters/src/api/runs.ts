import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { cancelRun, createRun, getRun } from "../service/runs.ts";
import { toRunView } from "./to-wire.ts";

export const runHandlers = (deps: ClustersDeps): Handlers<typeof contract.runs> => ({
  async create(_context, input) {
    return toRunView(await createRun(deps, input));
  },
  async get(_context, { runId }) {
    return toRunView(await getRun(deps, runId));
  },
  async cancel(_context, { runId }) {
    return toRunView(await cancelRun(deps, runId));
  },
});
