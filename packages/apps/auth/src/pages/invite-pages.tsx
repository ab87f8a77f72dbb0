import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf, memberScope, personOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { Email, Reference } from "../contract/nouns.ts";
import { callerOf } from "../service/caller.ts";
import type { SentInvite } from "../service/invites.ts";
import { inviteIn } from "../service/organisation-loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { InvitesPage } from "./invites.page.tsx";
import { organisationPaths as paths } from "./organisation-paths.ts";
import { cursorOf, pageLinks, ROWS } from "./page-cursor.ts";

const InviteForm = z.object({
  email: z.string().trim().pipe(Email),
  role: Role,
  teams: z
    .string()
    .max(1_300)
    .default("")
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ""))
    .pipe(z.array(Reference).max(20)),
});

/** Each team that is not there is told of at the field that named it. */
const FIELD_OF = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`teams.${index}`, "teams"]));

const inviterOf = (context: PageContext) => ({ member: personOf(context), scope: memberScope(context) });

/** Who is asked to join. */
export const invitePages = ({ invites, mails }: UseCases): Page[] => {
  const list = async (
    context: PageContext,
    extra: { sent?: SentInvite; values?: Record<string, string>; errors?: FormErrors } = {},
  ): Promise<PageView> => {
    const cursor = cursorOf(context);
    const { items, nextCursor } = await invites.list(callerOf(context), cursor, ROWS);
    const links = pageLinks(paths.invites, cursor, nextCursor);
    const page = { member: memberOf(context), invites: items, links, isMailSetUp: mails.isSetUp() };
    return {
      title: "Invites",
      status: extra.errors === undefined ? 200 : 422,
      body: <InvitesPage {...page} {...extra} />,
    };
  };
  return [
    { path: paths.invites, action: "invite:read", resource: "organisation", render: (context) => list(context) },
    {
      method: "POST",
      path: paths.invites,
      action: "invite:write",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<PageView>(
          async () => list(context, { sent: await invites.create(inviterOf(context), parseForm(InviteForm, values)) }),
          (errors) => list(context, { values, errors }),
          FIELD_OF,
        );
      },
    },
    {
      method: "POST",
      path: paths.resendInvite(":invite"),
      action: "invite:write",
      resource: "invite",
      render: async (context) =>
        withFormErrors<PageView>(
          async () => list(context, { sent: await invites.resend(inviterOf(context), inviteIn(context)) }),
          (errors) => list(context, { errors }),
        ),
    },
    {
      method: "POST",
      path: paths.revokeInvite(":invite"),
      action: "invite:write",
      resource: "invite",
      render: async (context) => {
        await invites.revoke(personOf(context), inviteIn(context));
        return seeOther(paths.invites);
      },
    },
  ];
};
