import { memberOf } from "@homeport/kit/http/context.ts";
import { type DeploymentId, isId } from "@homeport/kit/ids.ts";
import { type Page, seeOther } from "@homeport/kit/page.ts";
import { createdBy, type Parts } from "../api/handlers.ts";
import { deploymentOf, serviceOf } from "../service/loaders.ts";
import { listDeployments } from "../store/deployments.ts";
import { listReleases } from "../store/releases.ts";
import { DeploymentPage } from "./deployment.page.tsx";
import { paths } from "./paths.ts";
import { ReleasesPage } from "./releases.page.tsx";
import { ServicePage } from "./service.page.tsx";
import { loadServiceView } from "./service-view.ts";

const ROWS = 20;

/** A service's deployments and releases, and the buttons that make new ones. */
export const deploymentPages = (parts: Parts): Page[] => {
  const { sql, deploys } = parts;
  const at = "/projects/:project/:service" as const;
  return [
    {
      path: at,
      action: "service:read",
      resource: "service",
      render: async (context) => {
        const view = await loadServiceView(parts, context);
        const before = context.url.searchParams.get("before");
        const cursor = before !== null && isId(before) ? (before as DeploymentId) : null;
        const found = await listDeployments(sql, view.service.workloadId, cursor, ROWS + 1);
        const rows = found.slice(0, ROWS);
        const next = found.length > ROWS ? (rows.at(-1)?.id ?? null) : null;
        return { title: view.service.slug, body: <ServicePage view={view} deployments={rows} next={next} /> };
      },
    },
    {
      path: `${at}/releases`,
      action: "release:read",
      resource: "service",
      render: async (context) => {
        const view = await loadServiceView(parts, context);
        const before = Number(context.url.searchParams.get("before") ?? 2 ** 31 - 1);
        const found = await listReleases(
          sql,
          view.service.workloadId,
          before < 2 ** 31 ? before : 2 ** 31 - 1,
          ROWS + 1,
        );
        const rows = found.slice(0, ROWS);
        const next = found.length > ROWS ? (rows.at(-1)?.number ?? null) : null;
        return {
          title: `Releases of ${view.service.slug}`,
          body: <ReleasesPage view={view} releases={rows} next={next} />,
        };
      },
    },
    {
      path: `${at}/deployments/:deployment`,
      action: "deployment:read",
      resource: "deployment",
      render: async (context) => {
        const view = await loadServiceView(parts, context);
        return {
          title: `Deployment of ${view.service.slug}`,
          body: <DeploymentPage view={view} deployment={deploymentOf(context)} />,
        };
      },
    },
    {
      method: "POST",
      path: `${at}/deployments/:deployment/cancel`,
      action: "deployment:cancel",
      resource: "deployment",
      render: async (context) => {
        const service = serviceOf(context);
        const deployment = await deploys.cancel(service, deploymentOf(context));
        return seeOther(paths.deployment(service.projectSlug, service.slug, deployment.id));
      },
    },
    ...(["deploy", "apply"] as const).map(
      (button): Page => ({
        method: "POST",
        path: `${at}/${button}`,
        action: "deployment:create",
        resource: "service",
        render: async (context) => {
          const service = serviceOf(context);
          const what = button === "deploy" ? "source" : "configuration";
          const deployment = await deploys.start(service, { what }, createdBy(memberOf(context)));
          return seeOther(paths.deployment(service.projectSlug, service.slug, deployment.id));
        },
      }),
    ),
    {
      method: "POST",
      path: `${at}/rollback`,
      action: "release:rollback",
      resource: "service",
      render: async (context) => {
        const service = serviceOf(context);
        const { to = "" } = await context.form();
        const number = /^\d{1,9}$/.test(to) ? Number(to) : undefined;
        const deployment = await deploys.rollback(service, number, createdBy(memberOf(context)));
        return seeOther(paths.deployment(service.projectSlug, service.slug, deployment.id));
      },
    },
  ];
};
