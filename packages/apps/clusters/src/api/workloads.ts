import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { abortRollout } from "../service/abort-rollout.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { putWorkload } from "../service/put-workload.ts";
import { readWorkload } from "../service/read-workload.ts";
import { startRemoval } from "../service/remove-workload.ts";
import { toWorkloadView } from "./to-wire.ts";

export const workloadHandlers = (deps: ClustersDeps): Handlers<typeof contract.workloads> => ({
  async put(_context, input) {
    await putWorkload(deps, input);
    return toWorkloadView(await readWorkload(deps, input.workloadId));
  },
  async abort(_context, { workloadId, generation }) {
    await abortRollout(deps, workloadId, generation);
    return toWorkloadView(await readWorkload(deps, workloadId));
  },
  async remove(_context, { workloadId }) {
    return { removing: await startRemoval(deps, workloadId) };
  },
  async get(_context, { workloadId }) {
    return toWorkloadView(await readWorkload(deps, workloadId));
  },
});
