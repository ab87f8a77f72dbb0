import type { Resource } from "@homeport/kit/authorize.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { ResourceLoader } from "@homeport/kit/http/context.ts";
import { type EnvironmentId, isId, type OrganisationId, type ProjectId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
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
    return { kind: "job", organisationId: job.organisationId, ...placeOf(job), job } satisfies JobResource;
  };

/** Refs are asked for before there is a project. */
const placeOf = (job: Job) =>
  job.kind === "build"
    ? { projectId: job.spec.projectId as ProjectId, environmentId: job.spec.environmentId as EnvironmentId }
    : {};

export const jobHandlers = (jobs: Jobs): Handlers<typeof contract.jobs> => ({
  async create(_context, input) {
    const { secrets, ...job } = input;
    const organisationId = job.organisationId as OrganisationId;
    return toWire(await jobs.create({ ...job, organisationId }, secrets === undefined ? null : new Secret(secrets)));
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
