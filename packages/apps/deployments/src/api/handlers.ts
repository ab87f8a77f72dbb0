import type { PlatformConfig } from "@homeport/kit/config.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type DeploymentId, isId } from "@homeport/kit/ids.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import type { contract } from "../contract.ts";
import type { CreatedBy } from "../deployment.ts";
import type { Deploys } from "../service/deploy.ts";
import { deploymentOf, projectOf, serviceOf } from "../service/loaders.ts";
import type { Services } from "../service/services.ts";
import type { Variables } from "../service/variables.ts";
import { listDeployments, listLatest } from "../store/deployments.ts";
import { listReleases } from "../store/releases.ts";
import { listServices } from "../store/services.ts";
import { deploymentToWire, projectToWire, releaseToWire, serviceToWire } from "./wire.ts";

export type Parts = { sql: Sql; config: PlatformConfig; services: Services; deploys: Deploys; variables: Variables };

/** Above every release number: the largest `integer` of Postgres. */
const NEWEST = 2 ** 31 - 1;

export const handlers = ({ sql, config, services, deploys, variables }: Parts): Handlers<typeof contract> => ({
  projects: {
    list: async (context, { cursor, limit }) => {
      const found = await services.listProjects(memberScope(context), cursor ?? "", limit + 1);
      return toPage(
        found,
        limit,
        (project) => project.slug,
        (project) => ({
          ...projectToWire(project),
          serviceCount: project.serviceCount,
        }),
      );
    },
    create: async (context, { slug }) => projectToWire(await services.createProject(memberScope(context), slug)),
    get: async (context) => projectToWire(projectOf(context)),
    remove: async (context) => {
      await services.removeProject(memberScope(context), projectOf(context));
      return { removed: true };
    },
  },
  services: {
    list: async (context, { cursor, limit }) => {
      const found = await listServices(sql, memberScope(context), projectOf(context).id, cursor ?? "", limit + 1);
      const latest = await listLatest(
        sql,
        found.map((service) => service.workloadId),
      );
      const byWorkload = new Map(latest.map((deployment) => [deployment.workloadId, deployment]));
      return toPage(
        found,
        limit,
        (service) => service.slug,
        (service) => serviceToWire(service, byWorkload.get(service.workloadId) ?? null, config),
      );
    },
    create: async (context, { slug, source, settings }) => {
      const wanted = { slug, source, settings };
      return serviceToWire(
        await services.createService(memberScope(context), projectOf(context), wanted),
        null,
        config,
      );
    },
    get: async (context) => {
      const service = serviceOf(context);
      const [latest] = await listLatest(sql, [service.workloadId]);
      return serviceToWire(service, latest ?? null, config);
    },
    update: async (context, input) => {
      const service = serviceOf(context);
      const changed = { source: input.source ?? service.source, settings: input.settings ?? service.settings };
      const updated = await services.updateService(memberScope(context), service, changed);
      const [latest] = await listLatest(sql, [service.workloadId]);
      return serviceToWire(updated, latest ?? null, config);
    },
    remove: async (context) => {
      await services.removeService(memberScope(context), serviceOf(context));
      return { removed: true };
    },
  },
  variables: {
    list: async (context) => {
      const items = await variables.list(serviceOf(context));
      return { items: items.map(({ name, updatedAt }) => ({ name, updatedAt: updatedAt.toISOString() })) };
    },
    set: async (context, { values }) => {
      await variables.set(serviceOf(context), values);
      return { set: Object.keys(values).sort() };
    },
    unset: async (context, { names }) => ({ unset: await variables.unset(serviceOf(context), names) }),
  },
  deployments: {
    create: async (context, { what, uploadId }) => {
      const service = serviceOf(context);
      const deployment = await deploys.start(service, { what, uploadId }, createdBy(memberOf(context)));
      return deploymentToWire(deployment, service, config);
    },
    list: async (context, { cursor, limit }) => {
      const service = serviceOf(context);
      const before = cursor !== undefined && isId(cursor) ? (cursor as DeploymentId) : null;
      const found = await listDeployments(sql, service.workloadId, before, limit + 1);
      return toPage(
        found,
        limit,
        (deployment) => deployment.id,
        (deployment) => deploymentToWire(deployment, service, config),
      );
    },
    get: async (context) => deploymentToWire(deploymentOf(context), serviceOf(context), config),
    cancel: async (context) => {
      const service = serviceOf(context);
      return deploymentToWire(await deploys.cancel(service, deploymentOf(context)), service, config);
    },
  },
  releases: {
    list: async (context, { cursor, limit }) => {
      const before = Number(cursor ?? NEWEST);
      const found = await listReleases(
        sql,
        serviceOf(context).workloadId,
        Number.isInteger(before) && before < NEWEST ? before : NEWEST,
        limit + 1,
      );
      return toPage(found, limit, (release) => String(release.number), releaseToWire);
    },
    rollback: async (context, { to }) => {
      const service = serviceOf(context);
      return deploymentToWire(await deploys.rollback(service, to, createdBy(memberOf(context))), service, config);
    },
  },
});

export const createdBy = (member: MemberPrincipal): CreatedBy => ({ personId: member.personId, name: member.name });

/** Cuts a list that was asked for with one row too many into a page. */
const toPage = <Row, Wire>(rows: Row[], limit: number, cursorOf: (row: Row) => string, toWire: (row: Row) => Wire) => {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(toWire),
    nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
};
