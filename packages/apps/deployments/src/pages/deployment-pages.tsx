import { parseForm } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { actorOf } from "../actor.ts";
import { MAX_RELEASE_NUMBER } from "../release.ts";
import { deploymentOf, serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { DeploymentPage } from "./deployment.page.tsx";
import { paths } from "./paths.ts";
import { ReleasesPage } from "./releases.page.tsx";
import { ServicePage } from "./service.page.tsx";
import { loadServiceView } from "./service-view.ts";

/** A page of a list; more are a click away. */
const ROWS = 20;

const pageOf = ({ url }: PageContext) => ({ cursor: url.searchParams.get("before") ?? undefined, limit: ROWS });

const RollbackForm = z.object({ to: z.coerce.number().int().min(1).max(MAX_RELEASE_NUMBER) });

/** A service's deployments and releases, and the buttons that make new ones. */
export const deploymentPages = (useCases: UseCases): Page[] => {
  const { reads, deploys } = useCases;
  const at = "/projects/:project/:service" as const;
  return [
    {
      path: at,
      action: "service:read",
      resource: "service",
      render: async (context) => {
        const view = await loadServiceView(useCases, context);
        const { items, nextCursor } = await reads.listDeployments(view.service, pageOf(context));
        return { title: view.service.slug, body: <ServicePage view={view} deployments={items} next={nextCursor} /> };
      },
    },
    {
      path: `${at}/releases`,
      action: "release:read",
      resource: "service",
      render: async (context) => {
        const view = await loadServiceView(useCases, context);
        const { items, nextCursor } = await reads.listReleases(view.service, pageOf(context));
        return {
          title: `Releases of ${view.service.slug}`,
          body: <ReleasesPage view={view} releases={items} next={nextCursor} />,
        };
      },
    },
    {
      path: `${at}/deployments/:deployment`,
      action: "deployment:read",
      resource: "deployment",
      render: async (context) => {
        const view = await loadServiceView(useCases, context);
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
        const deployment = await deploys.cancel(service, deploymentOf(context), actorOf(memberOf(context)));
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
          const deployment = await deploys.start(service, { what }, actorOf(memberOf(context)));
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
        const { to } = parseForm(RollbackForm, await context.form());
        const deployment = await deploys.rollback(service, to, actorOf(memberOf(context)));
        return seeOther(paths.deployment(service.projectSlug, service.slug, deployment.id));
      },
    },
  ];
};
