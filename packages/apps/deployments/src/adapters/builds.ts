import { contract } from "@homeport/ci/contract.ts";
import type { AppContext } from "@homeport/kit/app.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import type { BuildState, Builds } from "../ports.ts";
import { calling } from "./calling.ts";

/** Builds by the ci app. */
export const ciBuilds = (context: Pick<AppContext, "client" | "signal">): Builds => {
  const ci = context.client(contract, "ci");
  const call = calling(context.signal);
  return {
    start: async (key, organisationId, spec) =>
      (await call((options) => ci.jobs.create({ key, organisationId, spec }, options))).id as JobId,
    look: async (id) => toBuildState(await call((options) => ci.jobs.get({ id }, options))),
    cancel: async (key, organisationId) => {
      await call((options) => ci.jobs.cancel({ key, organisationId }, options));
    },
  };
};

type Job = { state: "queued" } | { state: "running" } | Exclude<BuildState, { state: "underway" }>;

const toBuildState = (job: Job): BuildState =>
  job.state === "queued" || job.state === "running" ? { state: "underway" } : job;
