import { parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { Directory, Prefix, toUse } from "../secret-use.ts";
import { callerOf } from "../service/caller.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { paths } from "./paths.ts";
import { RevealedPage, RevealQuestion } from "./reveal.page.tsx";
import { loadVariablesView } from "./variables-view.tsx";

const AttachForm = z.discriminatedUnion("as", [
  z.object({ as: z.literal("variables"), group: z.string().min(1).max(60), prefix: Prefix }),
  z.object({ as: z.literal("files"), group: z.string().min(1).max(60), directory: Directory.optional() }),
]);

/** A service's secret groups, and its variables as they are told to who asks. */
export const secretAttachmentPages = (useCases: UseCases): Page[] => {
  const { secretGroups, secretAttachments, reveals } = useCases;
  const pathOf = (context: PageContext) => paths.variables(serviceOf(context).projectSlug, serviceOf(context).slug);
  const at = "/projects/:project/:service/variables" as const;
  return [
    {
      method: "POST",
      path: `${at}/groups`,
      action: "secret:write",
      resource: "service",
      render: async (context) => {
        const values = await context.form();
        const service = serviceOf(context);
        return withFormErrors<PageView | Response>(
          async () => {
            const { group: reference, ...use } = parseForm(AttachForm, attachFields(values));
            const group = await secretGroups.getForAttaching(service, reference, context.may);
            await secretAttachments.attach(service, group, toUse(group.slug, use), callerOf(context));
            return seeOther(pathOf(context));
          },
          (errors) => loadVariablesView(useCases, context, { attach: { values, errors } }),
        );
      },
    },
    {
      method: "POST",
      path: `${at}/groups/detach`,
      action: "secret:write",
      resource: "service",
      render: async (context) => {
        const { group: reference = "" } = await context.form();
        const service = serviceOf(context);
        const group = await secretGroups.getFor(service, reference, context.may);
        await secretAttachments.detach(service, group, callerOf(context));
        return seeOther(pathOf(context));
      },
    },
    {
      method: "POST",
      path: `${at}/reveal`,
      action: "secret:reveal",
      resource: "service",
      render: async (context) => {
        const { name = "", confirm } = await context.form();
        const { projectSlug: project, slug } = serviceOf(context);
        const breadcrumbs = [
          { label: "Projects", href: paths.projects() },
          { label: project, href: paths.project(project) },
          { label: slug, href: paths.service(project, slug) },
          { label: "Variables", href: pathOf(context) },
          { label: "Reveal" },
        ];
        const common = { breadcrumbs, backHref: pathOf(context) };
        if (confirm !== "yes") {
          const question = <RevealQuestion {...common} action={`${pathOf(context)}/reveal`} name={name} />;
          return { title: "Reveal a value", body: question };
        }
        const values = await reveals.variables(serviceOf(context), [name]);
        return { title: "Revealed values", body: <RevealedPage {...common} values={values} /> };
      },
    },
    {
      // Where a reload of the page with the value leads.
      path: `${at}/reveal`,
      action: "variable:read",
      resource: "service",
      render: async (context) => seeOther(pathOf(context)),
    },
  ];
};

/** An empty field of a form says nothing; what belongs to the other choice is not looked at. */
const attachFields = ({ group, as, prefix = "", directory = "" }: Record<string, string>): unknown => ({
  group,
  as,
  prefix: prefix.trim(),
  directory: directory.trim() === "" ? undefined : directory.trim(),
});
