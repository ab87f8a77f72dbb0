import { contract } from "@homeport/clusters/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ReplicaShells } from "../shell.ts";
import { calling } from "./calling.ts";

/** Terminals by the clusters app. */
export const clusterShells = (context: Pick<AppContext, "client" | "signal">): ReplicaShells => {
  const clusters = context.client(contract, "clusters");
  const call = calling(context.signal);
  return {
    async open(shellId, workloadId, wanted) {
      try {
        return await call((options) => clusters.shells.open({ shellId, workloadId, ...wanted }, options));
      } catch (err) {
        if (!(err instanceof DomainError) || err.code !== "not_found") throw err;
        throw new DomainError("conflict", "Nothing of this service runs, so there is nothing to open a shell in.");
      }
    },
    async close(shellId) {
      await call((options) => clusters.shells.close({ shellId }, options));
    },
  };
};
