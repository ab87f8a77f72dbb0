import type { Resource } from "@homeport/kit/authorize.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { ResourceLoader } from "@homeport/kit/http/context.ts";
import { type EnvironmentId, isId, type OrganisationId, type ProjectId } from "@homeport/kit/ids.ts";
import type { contract } from "../contract.ts";
import type { Job } from "../job.ts";
import type { Jobs } from "../service/jobs.ts";
import { toWire } from "./wire.ts";

type JobResource = Resource & { kind: "job"; job: Job };

export const jobLoader =
  (jobs: Jobs): ResourceLoader =>
  async (scope, { id }) => {
    if (typeof id !== "string" || !isId(id)) return null;
    const job = await jobs.find(id, scope?.organisationId ?? null);
    if (job === null) return null;
    const { organisationId, spec } = job;
    const place = { projectId: spec.projectId as ProjectId, environmentId: spec.environmentId as EnvironmentId };
    return { kind: "job", organisationId, ...place, job } satisfies JobResource;
  };

export const jobHandlers = (jobs: Jobs): Handlers<typeof contract.jobs> => ({
  async create(_context, input) {
    const { organisationId, ...job } = input;
    return toWire(await jobs.create({ ...job, organisationId: organisationId as OrganisationId }));
  },
  get: async ({ resource }) => toWire(jobOf(resource)),
  async cancel(_context, { key, organisationId }) {
    const job = await jobs.cancel({ key, organisationId: organisationId as OrganisationId });
    return job === null ? null : toWire(job);
  },
});

const jobOf = (resource: Resource): Job => {
  invariant(resource.kind === "job", "the contract names this resource");
  return (resource as JobResource).job;
};
