import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { newId, type ServiceId } from "@homeport/kit/ids.ts";
import type { Change } from "../change.ts";
import { PRODUCTION } from "../environment.ts";
import type { Project } from "../project.ts";
import { bind } from "../state/bindings.ts";
import type { Problem } from "../state/config.ts";
import { foldDraft } from "../state/fold.ts";
import { findWorkload, getEnvironment, getService, type ProjectState } from "../state/project-state.ts";
import { listStaged } from "../store/changes.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import type { TemplateName } from "../template-name.ts";
import { TEMPLATES } from "../templates/catalogue.ts";
import { planDatabase } from "../templates/plan.ts";
import type { Template } from "../templates/template.ts";
import type { Deployed, NotDeployed } from "./affected-deployments.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Outcome } from "./apply-state.ts";
import type { Caller } from "./caller.ts";
import { createChanges } from "./changes.ts";
import { inOneMoment, loadProject } from "./load-state.ts";
import { serviceResource } from "./loaders.ts";
import { openStaged } from "./open-staged.ts";
import { queueDeployment } from "./queue-deployment.ts";

export type WantedTemplate = {
  template: TemplateName;
  slug: string;
  version?: string | undefined;
  /** Where it is started; production unless named. */
  environment?: string | undefined;
  sizeMiB?: number | undefined;
  bind: readonly { service: string; prefix: string }[];
  stage: boolean;
};

export type AddedDatabase = {
  template: Template;
  version: string;
  slug: string;
  /** Null while it is only staged. */
  serviceId: ServiceId | null;
  bound: string[];
  draftVersion: number | null;
  deployments: Deployed[];
  notDeployed: NotDeployed[];
  problems: Problem[];
};

/** Databases from templates: each is a service with a volume and variables, made by one set of changes. */
export const createTemplates = (context: ApplyContext) => {
  const { sql, keys } = context;
  const changes = createChanges(context);

  /** The service's temporary id, and what makes it, in the project as it is, with its draft where it is staged. */
  const plan = (state: ProjectState, template: Template, version: string, wanted: WantedTemplate) => {
    const { slug, sizeMiB } = wanted;
    const made = planDatabase(template, { slug, version, sizeMiB }, newTempId);
    const database = { id: null, slug, template: template.name };
    const bound = wanted.bind.map(({ service, prefix }) => ({ service: getService(state, service), prefix }));
    const binding = bound.flatMap(({ service, prefix }) => bind(state, service, database, prefix, null));
    const names = [...new Set(bound.map(({ service }) => service.slug))].sort();
    return { service: made.service, changes: [...made.changes, ...binding] satisfies Change[], bound: names };
  };
  type Plan = ReturnType<typeof plan>;

  const stage = async (project: Project, make: (state: ProjectState) => Plan, caller: Caller) => {
    const place = { kind: "project", organisationId: project.organisationId, projectId: project.id };
    if (!caller.may("draft:write", place)) {
      throw new DomainError("forbidden", "Your role or token does not allow draft:write in this project.");
    }
    const planned = await inOneMoment(sql, async (tx) => {
      const { state } = await loadProject(tx, keys, project.id);
      const staged = openStaged(keys, state.organisationId, await listStaged(tx, project.id));
      return make(foldDraft(state, staged).applying.state);
    });
    const { version: draftVersion, problems } = await changes.stage(project, planned.changes, caller);
    return { serviceId: null, bound: planned.bound, draftVersion, deployments: [], notDeployed: [], problems };
  };

  const apply = async (project: Project, make: (state: ProjectState) => Plan, environment: string, caller: Caller) => {
    const made: { plan: Plan | null; started: Started | null } = { plan: null, started: null };
    const toChanges = (state: ProjectState): Change[] => {
      getEnvironment(state, environment);
      made.plan = make(state);
      return made.plan.changes;
    };
    const extra = async (tx: Tx, outcome: Outcome): Promise<void> => {
      made.started = await start(tx, outcome, outcome.created.get(made.plan?.service ?? ""), environment, caller);
    };
    const options = { caller, deploy: "none", extra } as const;
    const { created, problems } = await applyAtOnce(context, project.id, toChanges, options);
    invariant(made.plan !== null && made.started !== null, "what was applied was planned, and its start decided on");
    if (made.started.deployments.length > 0) context.wake();
    const serviceId = created.get(made.plan.service) as ServiceId;
    return { serviceId, bound: made.plan.bound, draftVersion: null, problems, ...made.started };
  };

  return {
    list: (): Template[] => Object.values(TEMPLATES),

    /**
     * Adds a database, and starts it where the caller may deploy; or stages it, and then it is started in production once the
     * draft is applied.
     *
     * @throws {DomainError} invalid; conflict, when its name is taken, or one of a variable of a service that is to be bound
     */
    async add(project: Project, wanted: WantedTemplate, caller: Caller): Promise<AddedDatabase> {
      const template = TEMPLATES[wanted.template];
      const version = wanted.version ?? template.versions[0];
      if (!template.versions.includes(version)) {
        throw new DomainError("invalid", `${template.title} comes in these versions: ${template.versions.join(", ")}.`);
      }
      if (wanted.stage && wanted.environment !== undefined) {
        throw new DomainError(
          "invalid",
          "What is staged is started in production when it is applied: name no environment.",
        );
      }
      const make = (state: ProjectState) => plan(state, template, version, wanted);
      const made = wanted.stage
        ? await stage(project, make, caller)
        : await apply(project, make, wanted.environment ?? PRODUCTION, caller);
      return { template, version, slug: wanted.slug, ...made };
    },
  };
};

export type Templates = ReturnType<typeof createTemplates>;

type Started = { deployments: Deployed[]; notDeployed: NotDeployed[] };

/** Its first deployment, in the transaction that makes it. */
const start = async (
  tx: Tx,
  { state }: Outcome,
  id: string | undefined,
  environment: string,
  { actor, may }: Caller,
): Promise<Started> => {
  const workload = findWorkload(state, id as ServiceId, getEnvironment(state, environment).id);
  const service = workload === undefined ? null : await getServiceOfWorkload(tx, workload.id);
  invariant(
    service !== null && service.source.kind === "image",
    "a database that was made is there, made from an image",
  );
  const place = { service: service.slug, environment: service.environmentSlug };
  if (!may("deployment:create", serviceResource(service))) {
    const reason = `Your role or token does not allow deployment:create in ${service.environmentSlug}.`;
    return { deployments: [], notDeployed: [{ ...place, reason }] };
  }
  const cause = { kind: "image", reference: service.source.reference } as const;
  const deploymentId = await queueDeployment(tx, service, cause, actor);
  return { deployments: [{ ...place, deploymentId }], notDeployed: [] };
};

const newTempId = (): string => `tmp_${newId().replaceAll("-", "")}`;
