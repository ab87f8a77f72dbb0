import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { actorOf } from "../actor.ts";
import { SecretName, SecretValue } from "../secret-group.ts";
import { projectOf, secretGroupOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { NewSlug } from "../slug.ts";
import { paths } from "./paths.ts";
import { reasonAgainst } from "./reason-against.ts";
import { RevealedPage, RevealQuestion } from "./reveal.page.tsx";
import { SecretGroupPage } from "./secret-group.page.tsx";
import { NewSecretGroupPage, SecretsPage } from "./secrets.page.tsx";

const ROWS = 60;

const NewGroupForm = z.object({ slug: NewSlug });
const ItemForm = z.object({ name: SecretName, value: SecretValue });

/** Browsers send lines of a form with CR LF, which keys and certificates as files do not have. */
export const linesOf = (value: string): string => value.replaceAll("\r\n", "\n");

export const secretPages = (useCases: UseCases): Page[] => {
  const { secretGroups, redeployUsers, reveals } = useCases;
  const newGroup = (context: PageContext, values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "New secret group",
    body: <NewSecretGroupPage project={projectOf(context).slug} values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  const groupView = async (
    context: PageContext,
    values: Record<string, string> = {},
    errors?: FormErrors,
  ): Promise<PageView> => {
    const view = await secretGroups.view(secretGroupOf(context));
    const shown = {
      project: projectOf(context).slug,
      writeReason: reasonAgainst(context, "secret:write", context.resource),
      deployReason: reasonAgainst(context, "deployment:create", context.resource),
      revealReason: reasonAgainst(context, "secret:reveal", context.resource),
    };
    return {
      title: `Secret group ${view.group.slug}`,
      body: <SecretGroupPage {...shown} view={view} values={values} errors={errors} />,
      status: errors === undefined ? 200 : 422,
    };
  };
  const pathOf = (context: PageContext) => paths.secretGroup(projectOf(context).slug, secretGroupOf(context).slug);
  const crumbsOf = (context: PageContext) => {
    const { slug: project } = projectOf(context);
    return [
      { label: "Projects", href: paths.projects() },
      { label: project, href: paths.project(project) },
      { label: "Secrets", href: paths.secrets(project) },
      { label: secretGroupOf(context).slug, href: pathOf(context) },
      { label: "Reveal" },
    ];
  };
  const at = "/projects/:project/secrets" as const;
  const ofGroup = `${at}/:group` as const;
  return [
    {
      path: at,
      action: "secret:read",
      resource: "project",
      render: async (context) => {
        const project = projectOf(context);
        const cursor = context.url.searchParams.get("after") ?? undefined;
        const { items, nextCursor } = await secretGroups.list(project, { cursor, limit: ROWS });
        const writeReason = reasonAgainst(context, "secret:write", context.resource);
        return {
          title: `Secrets of ${project.slug}`,
          body: (
            <SecretsPage
              project={project.slug}
              groups={items}
              isFirst={cursor === undefined}
              next={nextCursor}
              writeReason={writeReason}
            />
          ),
        };
      },
    },
    {
      path: `${at}/new`,
      action: "secret:write",
      resource: "project",
      render: async (context) => newGroup(context, {}),
    },
    {
      method: "POST",
      path: `${at}/new`,
      action: "secret:write",
      resource: "project",
      render: async (context) => {
        const values = await context.form();
        const project = projectOf(context);
        return withFormErrors<PageView | Response>(
          async () => {
            const { slug } = parseForm(NewGroupForm, values);
            await secretGroups.create(project, slug, {}, actorOf(memberOf(context)));
            return seeOther(paths.secretGroup(project.slug, slug));
          },
          (errors) => newGroup(context, values, errors),
        );
      },
    },
    { path: ofGroup, action: "secret:read", resource: "secret-group", render: (context) => groupView(context) },
    {
      method: "POST",
      path: `${ofGroup}/items`,
      action: "secret:write",
      resource: "secret-group",
      render: async (context) => {
        const { name = "", value = "", apply } = await context.form();
        return withFormErrors<PageView | Response>(
          async () => {
            const item = parseForm(ItemForm, { name: name.trim(), value: linesOf(value) });
            if (apply === "yes" && !context.may("deployment:create", context.resource)) {
              throw new DomainError("forbidden", "Your role does not allow you to deploy. Nothing was changed.");
            }
            const actor = actorOf(memberOf(context));
            const group = await secretGroups.set(secretGroupOf(context), { [item.name]: item.value }, actor);
            if (apply === "yes") await redeployUsers(group, actor);
            return seeOther(pathOf(context));
          },
          (errors) => groupView(context, { name }, errors), // the value is not sent back to the page
        );
      },
    },
    {
      method: "POST",
      path: `${ofGroup}/unset`,
      action: "secret:write",
      resource: "secret-group",
      render: async (context) => {
        const { name = "" } = await context.form();
        await secretGroups.unset(secretGroupOf(context), [name], actorOf(memberOf(context)));
        return seeOther(pathOf(context));
      },
    },
    {
      method: "POST",
      path: `${ofGroup}/apply`,
      action: "deployment:create",
      resource: "secret-group",
      render: async (context) => {
        await redeployUsers(secretGroupOf(context), actorOf(memberOf(context)));
        return seeOther(pathOf(context));
      },
    },
    {
      method: "POST",
      path: `${ofGroup}/remove`,
      action: "secret:write",
      resource: "secret-group",
      render: async (context) => {
        const group = secretGroupOf(context);
        const { confirm } = await context.form();
        if (confirm?.trim() !== group.slug)
          throw new DomainError("invalid", `Type ${group.slug} to remove the secret group.`);
        await secretGroups.remove(group, actorOf(memberOf(context)));
        return seeOther(paths.secrets(projectOf(context).slug));
      },
    },
    {
      method: "POST",
      path: `${ofGroup}/reveal`,
      action: "secret:reveal",
      resource: "secret-group",
      render: async (context) => {
        const { name, confirm } = await context.form();
        const common = { breadcrumbs: crumbsOf(context), backHref: pathOf(context) };
        if (confirm !== "yes") {
          const question = <RevealQuestion {...common} action={`${pathOf(context)}/reveal`} name={name} />;
          return { title: "Reveal values", body: question };
        }
        const values = await reveals.group(secretGroupOf(context), name === undefined ? undefined : [name]);
        return { title: "Revealed values", body: <RevealedPage {...common} values={values} /> };
      },
    },
    {
      // Where a reload of the page with the values leads, and the way back from proving who one is.
      path: `${ofGroup}/reveal`,
      action: "secret:read",
      resource: "secret-group",
      render: async (context) => seeOther(pathOf(context)),
    },
  ];
};
