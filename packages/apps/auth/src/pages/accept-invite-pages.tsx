import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { Password, PersonName } from "../contract/nouns.ts";
import { sessionCookie } from "../cookie.ts";
import type { ShownInvite } from "../invite.ts";
import { HOME } from "../next-path.ts";
import type { UseCases } from "../service/use-cases.ts";
import { AcceptInvitePage, EndedInvitePage } from "./accept-invite.page.tsx";
import { organisationPaths } from "./organisation-paths.ts";
import { paths } from "./paths.ts";

const NewAccount = z.object({ name: PersonName, password: Password });

const MAX_TOKEN = 100;

/** Where the link of an invite leads. Showing it uses nothing up: mail scanners open links, too. */
export const acceptInvitePages = ({ acceptInvite, sessions }: UseCases): Page[] => {
  const view = (context: PageContext, invite: ShownInvite, values = {}, errors?: FormErrors): PageView => ({
    title: `Join ${invite.organisationName}`,
    layout: "bare",
    status: errors === undefined ? 200 : 422,
    body: (
      <AcceptInvitePage
        {...{ invite, values, errors }}
        action={organisationPaths.invite(tokenOf(context))}
        signedInAs={context.principal.kind === "person" ? context.principal : null}
        signOut={paths.signOutTo(organisationPaths.invite(tokenOf(context)))}
        signIn={`${paths.signIn}?next=${encodeURIComponent(organisationPaths.invite(tokenOf(context)))}`}
      />
    ),
  });
  const withInvite = async (
    context: PageContext,
    show: (invite: ShownInvite) => Promise<PageView | Response>,
  ): Promise<PageView | Response> => {
    const invite = await acceptInvite.find(tokenOf(context)).catch(nullWhenMissing);
    return invite === null ? ended() : show(invite);
  };
  return [
    {
      path: organisationPaths.acceptInvite,
      action: "invite:accept",
      resource: "public",
      render: (context) => withInvite(context, async (invite) => view(context, invite)),
    },
    {
      method: "POST",
      path: organisationPaths.acceptInvite,
      action: "invite:accept",
      resource: "public",
      render: (context) =>
        withInvite(context, async (invite) => {
          const values = await context.form();
          return withFormErrors<PageView | Response>(
            async () => {
              const given =
                invite.personId === null ? parseForm(NewAccount, { name: "", password: "", ...values }) : {};
              const client = toClient(context);
              const accepted = await acceptInvite.accept(tokenOf(context), context.principal, given, client);
              if (!accepted.isNew) return seeOther(HOME);
              const { personId, organisationId } = accepted.membership;
              const session = await sessions.open(personId, organisationId, client);
              return seeOther(HOME, { "set-cookie": sessionCookie(session, context.origin) });
            },
            (errors, err) => (err.code === "not_found" ? ended() : view(context, invite, values, errors)),
          );
        }),
    },
  ];
};

const tokenOf = ({ url }: PageContext): string => (url.searchParams.get("token") ?? "").slice(0, MAX_TOKEN);

const nullWhenMissing = (err: unknown): null => {
  if (err instanceof DomainError && err.code === "not_found") return null;
  throw err;
};

const ended = (): PageView => ({
  title: "This invite has ended",
  layout: "bare",
  status: 404,
  body: <EndedInvitePage />,
});
