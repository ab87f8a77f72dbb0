import { Slug } from "@homeport/kit/contract.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { createdBy, type Parts } from "../api/handlers.ts";
import { serviceUrl } from "../api/wire.ts";
import { projectOf } from "../service/loaders.ts";
import { listLatest } from "../store/deployments.ts";
import { listServices } from "../store/services.ts";
import { NewServiceForm, newServiceFields } from "./form-values.ts";
import { NewServicePage } from "./new-service.page.tsx";
import { paths } from "./paths.ts";
import { ProjectPage } from "./project.page.tsx";
import { NewProjectPage, ProjectsPage } from "./projects.page.tsx";

/** A page shows this many rows; more are a click away. */
const ROWS = 100;

const NewProjectForm = z.object({ slug: Slug });

export const projectPages = (parts: Parts): Page[] => {
  const { sql, config, services, deploys } = parts;
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
      resource: "organisation",
      render: async (context) => ({
        title: "Projects",
        body: <ProjectsPage projects={await services.listProjects(memberScope(context), "", ROWS)} />,
      }),
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
            const project = await services.createProject(memberScope(context), slug);
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
        const found = await listServices(sql, memberScope(context), project.id, "", ROWS);
        const latest = await listLatest(
          sql,
          found.map((service) => service.workloadId),
        );
        const byWorkload = new Map(latest.map((deployment) => [deployment.workloadId, deployment]));
        const rows = found.map((service) => ({
          service,
          latest: byWorkload.get(service.workloadId) ?? null,
          url: serviceUrl(service, config),
        }));
        return { title: project.slug, body: <ProjectPage project={project} rows={rows} /> };
      },
    },
    {
      method: "POST",
      path: "/projects/:project/remove",
      action: "project:remove",
      resource: "project",
      render: async (context) => {
        await services.removeProject(memberScope(context), projectOf(context));
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
            const service = await services.createService(memberScope(context), project, wanted);
            const deployment = await deploys.start(service, { what: "source" }, createdBy(memberOf(context)));
            return seeOther(paths.deployment(project.slug, service.slug, deployment.id));
          },
          (errors) => newService(context, values, errors),
        );
      },
    },
  ];
};
