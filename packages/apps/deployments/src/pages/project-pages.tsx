import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { actorOf } from "../actor.ts";
import type { Environment } from "../environment.ts";
import { urlOf } from "../host.ts";
import { callerOf } from "../service/caller.ts";
import { environmentResource } from "../service/environments.ts";
import { environmentOf, projectOf, serviceResource } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { NewSlug } from "../slug.ts";
import { FIELD_OF, NewServiceForm, newServiceFields } from "./form-values.ts";
import { NewServicePage } from "./new-service.page.tsx";
import { paths } from "./paths.ts";
import { ProjectPage } from "./project.page.tsx";
import { NewProjectPage, ProjectsPage } from "./projects.page.tsx";
import { reasonAgainst } from "./reason-against.ts";

/** A page shows this many rows; more are a click away. */
const ROWS = 60;

const pageOf = ({ url }: PageContext) => ({ cursor: url.searchParams.get("after") ?? undefined, limit: ROWS });

const ProtectForm = z.object({ protected: z.enum(["yes", "no"]) });

const NewProjectForm = z.object({ slug: NewSlug });

export const projectPages = (useCases: UseCases): Page[] => {
  const { projects, environments, services, deploys, reads, urls } = useCases;
  const newProject = (values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "New project",
    body: <NewProjectPage values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  const newService = (context: PageContext, values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "New service",
    body: <NewServicePage project={projectOf(context)} values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: "/projects",
      action: "project:read",
      resource: "projects",
      render: async (context) => {
        const { items, nextCursor } = await reads.listProjects(memberScope(context), pageOf(context));
        const createReason = reasonAgainst(context, "project:create", context.resource);
        const hasNoRole = createReason !== undefined && context.scope?.projectIds?.length === 0;
        return {
          title: "Projects",
          body: <ProjectsPage projects={items} next={nextCursor} createReason={createReason} hasNoRole={hasNoRole} />,
        };
      },
    },
    { path: "/projects/new", action: "project:create", resource: "organisation", render: async () => newProject({}) },
    {
      method: "POST",
      path: "/projects/new",
      action: "project:create",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<PageView | Response>(
          async () => {
            const { slug } = parseForm(NewProjectForm, values);
            const project = await projects.create(memberScope(context), slug, actorOf(memberOf(context)));
            return seeOther(paths.project(project.slug));
          },
          (errors) => newProject(values, errors),
        );
      },
    },
    {
      path: "/projects/:project",
      action: "project:read",
      resource: "project",
      render: async (context) => {
        const project = projectOf(context);
        const may = (action: string) => (environment: Environment) =>
          context.may(action, environmentResource(environment));
        const { items, nextCursor } = await reads.listServices(
          memberScope(context),
          project,
          may("service:read"),
          pageOf(context),
        );
        const rows = items.map((overview) => {
          const { service } = overview;
          return { ...overview, url: service.template === null ? urlOf(service, urls) : null };
        });
        const protection = (await environments.list(project, may("environment:read"))).map((environment) => ({
          environment,
          mayProtect: may("environment:protect")(environment),
        }));
        return {
          title: project.slug,
          body: (
            <ProjectPage
              project={project}
              rows={rows}
              next={nextCursor}
              protection={protection}
              createReason={reasonAgainst(context, "service:create", context.resource)}
              removeReason={reasonAgainst(context, "project:remove", context.resource)}
            />
          ),
        };
      },
    },
    {
      method: "POST",
      path: "/projects/:project/protect",
      action: "environment:protect",
      resource: "environment",
      render: async (context) => {
        const { protected: wanted } = parseForm(ProtectForm, await context.form());
        await environments.protect(environmentOf(context), wanted === "yes", actorOf(memberOf(context)));
        return seeOther(paths.project(context.params.project ?? ""));
      },
    },
    {
      method: "POST",
      path: "/projects/:project/remove",
      action: "project:remove",
      resource: "project",
      render: async (context) => {
        await projects.remove(memberScope(context), projectOf(context), actorOf(memberOf(context)));
        return seeOther(paths.projects());
      },
    },
    {
      path: "/projects/:project/new",
      action: "service:create",
      resource: "project",
      render: async (context) => newService(context, {}),
    },
    {
      method: "POST",
      path: "/projects/:project/new",
      action: "service:create",
      resource: "project",
      render: async (context) => {
        const values = await context.form();
        const project = projectOf(context);
        return withFormErrors<PageView | Response>(
          async () => {
            const wanted = parseForm(NewServiceForm, newServiceFields(values));
            const actor = actorOf(memberOf(context));
            const service = await services.create(memberScope(context), project, wanted, callerOf(context));
            if (!context.may("deployment:create", serviceResource(service))) {
              return seeOther(paths.service(project.slug, service.slug));
            }
            const deployment = await deploys.start(service, { what: "source" }, actor);
            return seeOther(paths.deployment(project.slug, service.slug, deployment.id));
          },
          (errors) => newService(context, values, errors),
          FIELD_OF,
        );
      },
    },
  ];
};
