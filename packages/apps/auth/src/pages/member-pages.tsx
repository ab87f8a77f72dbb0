import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope, personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { endedCookie } from "../cookie.ts";
import { callerOf } from "../service/caller.ts";
import { memberIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { MemberPage, MembersPage } from "./members.page.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";
import { paths as accountPaths } from "./paths.ts";

const RoleForm = z.object({ role: Role });

/** Who belongs to the organisation. */
export const memberPages = ({ members }: UseCases): Page[] => {
  const one = (context: PageContext, errors?: FormErrors): PageView => {
    const [member, found] = [memberOf(context), memberIn(context)];
    return {
      title: found.name,
      status: errors === undefined ? 200 : 422,
      body: <MemberPage {...{ member, found, errors }} />,
    };
  };
  return [
    {
      path: paths.members,
      action: "member:read",
      resource: "organisation",
      render: async (context) => {
        const cursor = cursorOf(context);
        const { items, nextCursor } = await members.list(memberScope(context), cursor, ROWS);
        const links = pageLinks(paths.members, cursor, nextCursor);
        return { title: "Members", body: <MembersPage member={memberOf(context)} members={items} links={links} /> };
      },
    },
    {
      path: paths.member(":person"),
      action: "member:read",
      resource: "member",
      render: async (context) => one(context),
    },
    {
      method: "POST",
      path: paths.member(":person"),
      action: "member:update",
      resource: "member",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const { id } = memberIn(context);
            await members.update(callerOf(context), id, parseForm(RoleForm, values).role);
            return seeOther(paths.member(id));
          },
          (errors) => one(context, errors),
        );
      },
    },
    {
      method: "POST",
      path: paths.removeMember(":person"),
      action: "member:remove",
      resource: "member",
      render: async (context) => {
        const found = memberIn(context);
        if ((await context.form()).confirm !== "yes") return askRemoval(found.id, found.name);
        return withFormErrors<Response | PageView>(
          async () => {
            await members.remove(callerOf(context), found);
            return seeOther(paths.members);
          },
          (errors) => one(context, errors),
        );
      },
    },
    {
      method: "POST",
      path: paths.leave,
      action: "member:leave",
      resource: "organisation",
      render: async (context) => {
        const { organisationSlug } = memberOf(context);
        if ((await context.form()).confirm !== "yes") return askLeaving(organisationSlug);
        return withFormErrors<Response | PageView>(
          async () => {
            await members.leave(personOf(context), memberScope(context));
            return seeOther(accountPaths.signIn, { "set-cookie": endedCookie(context.origin) });
          },
          (errors) => askLeaving(organisationSlug, errors),
        );
      },
    },
  ];
};

const askRemoval = (id: string, name: string): PageView => ({
  title: `Remove ${name}`,
  body: (
    <ConfirmPage
      title={`Remove ${name}?`}
      body="Their sessions and tokens in this organisation end, and the invites that they sent."
      action={paths.removeMember(id)}
      confirmLabel="Remove them"
      back={paths.member(id)}
    />
  ),
});

const askLeaving = (slug: string, errors?: FormErrors): PageView => ({
  title: `Leave ${slug}`,
  status: errors === undefined ? 200 : 422,
  body: (
    <ConfirmPage
      title={`Leave ${slug}?`}
      body="Your sessions and tokens in it end. To come back, somebody has to invite you."
      action={paths.leave}
      confirmLabel="Leave"
      back={paths.settings}
      errors={errors}
    />
  ),
});
