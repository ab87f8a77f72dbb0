import { personOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { type Page, seeOther } from "@homeport/kit/page.ts";
import { endedCookie } from "../cookie.ts";
import type { UseCases } from "../service/use-cases.ts";
import { paths } from "./paths.ts";
import { SessionsPage } from "./sessions.page.tsx";

/** A person's own sessions. */
export const sessionPages = ({ sessions }: UseCases): Page[] => [
  {
    path: paths.sessions,
    action: "session:read",
    resource: "organisation",
    render: async (context) => {
      const member = personOf(context);
      const own = await sessions.list(member.personId as PersonId);
      return {
        title: "Sessions",
        body: <SessionsPage member={member} sessions={own} lifetime={sessions.lifetime()} />,
      };
    },
  },
  {
    method: "POST",
    path: paths.revokeSession(":session"),
    action: "session:revoke",
    resource: "session",
    render: async (context) => {
      await sessions.endOne(personOf(context), context.params.session ?? "");
      return seeOther(paths.sessions);
    },
  },
  {
    method: "POST",
    path: paths.revokeOtherSessions,
    action: "session:revoke",
    resource: "organisation",
    render: async (context) => {
      await sessions.endOthers(personOf(context));
      return seeOther(paths.sessions);
    },
  },
  {
    method: "POST",
    path: paths.revokeSessions,
    action: "session:revoke",
    resource: "organisation",
    render: async (context) => {
      await sessions.endAll(personOf(context));
      return seeOther(paths.signIn, { "set-cookie": endedCookie(context.origin) });
    },
  },
];
