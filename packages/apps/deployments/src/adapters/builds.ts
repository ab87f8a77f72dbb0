import { contract, type Job } from "@homeport/ci/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import type { BuildState, Builds } from "../ports.ts";
import { calling } from "./calling.ts";

/** Builds by the ci app. */
export const ciBuilds = (context: Pick<AppContext, "client" | "signal">): Builds => {
  const ci = context.client(contract, "ci");
  const call = calling(context.signal);
  return {
    start: async (key, organisationId, spec, secrets) => {
      const wanted = { kind: "build" as const, key, organisationId, spec };
      const job = await call((options) =>
        ci.jobs.create(secrets === null ? wanted : { ...wanted, secrets: secrets.reveal() }, options),
      );
      return job.id as JobId;
    },
    look: async (id) => toBuildState(await call((options) => ci.jobs.get({ id }, options))),
    cancel: async (key, organisationId) => {
      await call((options) => ci.jobs.cancel({ key, organisationId }, options));
    },
  };
};

const toBuildState = (job: Job): BuildState => {
  invariant(job.kind === "build", "it was started as a build");
  return job.state === "queued" || job.state === "running" ? { state: "underway" } : job;
};
