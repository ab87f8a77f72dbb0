import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { ProjectRole } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { callerOf } from "../service/caller.ts";
import type { Who } from "../service/grants.ts";
import { projectIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { optionalText } from "./form-text.ts";
import { GrantsPage, ProjectsPage } from "./grants.page.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";

const GrantForm = z.object({
  kind: z.enum(["person", "team", "service-account"]),
  name: z.string().trim().min(1, "name who it is for").max(254),
  role: ProjectRole,
  environment: optionalText(z.string().max(60)),
});

/** All kinds of whom a role is for share one field. */
const FIELD_OF = { "who.person": "name", "who.team": "name", "who.serviceAccount": "name" };

/** Who may do what in a project. */
export const grantPages = ({ projects, grants }: UseCases): Page[] => {
  const one = async (context: PageContext, values: Record<string, string> = {}, errors?: FormErrors) => {
    const project = projectIn(context);
    const cursor = cursorOf(context);
    const page = { cursor: cursor || undefined, limit: ROWS };
    const [{ items, nextCursor }, environments] = await Promise.all([
      grants.listOfProject(memberScope(context), project, page),
      projects.listEnvironments(project),
    ]);
    const links = pageLinks(paths.project(project.slug), cursor, nextCursor);
    return {
      title: `Roles in ${project.slug}`,
      status: errors === undefined ? 200 : 422,
      body: <GrantsPage {...{ project, environments, grants: items, links, values, errors }} />,
    };
  };
  return [
    {
      path: paths.projects,
      action: "grant:read",
      resource: "projects",
      render: async (context) => {
        const cursor = cursorOf(context);
        const { items, nextCursor } = await projects.list(memberScope(context), cursor, ROWS);
        const links = pageLinks(paths.projects, cursor, nextCursor);
        return { title: "Projects", body: <ProjectsPage member={memberOf(context)} projects={items} links={links} /> };
      },
    },
    { path: paths.project(":project"), action: "grant:read", resource: "project", render: (context) => one(context) },
    {
      method: "POST",
      path: paths.project(":project"),
      action: "grant:write",
      resource: "project",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const project = projectIn(context);
            const { kind, name, role, environment } = parseForm(GrantForm, values);
            await grants.put(callerOf(context), project, { who: whoOf(kind, name), role, environment });
            return seeOther(paths.project(project.slug));
          },
          (errors) => one(context, values, errors),
          FIELD_OF,
        );
      },
    },
    {
      method: "POST",
      path: paths.removeGrant(":project", ":grant"),
      action: "grant:write",
      resource: "project",
      render: async (context) => {
        const project = projectIn(context);
        await grants.remove(callerOf(context), project, context.params.grant ?? "");
        return seeOther(paths.project(project.slug));
      },
    },
  ];
};

const whoOf = (kind: z.infer<typeof GrantForm>["kind"], name: string): Who => {
  switch (kind) {
    case "person":
      return { person: name };
    case "team":
      return { team: name };
    case "service-account":
      return { serviceAccount: name };
  }
};
