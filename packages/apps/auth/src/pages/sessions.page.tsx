import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { Badge, InlineForm, RowActions, Section, SubmitButton, Table, Time } from "@homeport/ui";
import type { Session, SessionLifetime } from "../session.ts";
import { AccountFrame } from "./account-frame.tsx";
import { ClientCell } from "./client-cell.tsx";
import { paths } from "./paths.ts";

const METHODS: Record<string, string> = { password: "password", link: "link in a mail" };

type Props = { member: HumanPrincipal; sessions: Session[]; lifetime: SessionLifetime };

const days = (ms: number): string => {
  const count = Math.round(ms / 86_400_000);
  return count === 1 ? "a day" : `${count} days`;
};

/** Where you are signed in. */
export const SessionsPage = ({ member, sessions, lifetime }: Props) => {
  const isCurrent = ({ id }: Session): boolean => member.kind === "person" && member.sessionId === id;
  return (
    <AccountFrame tab="sessions">
      <Section
        title="Sessions"
        description={`Where you are signed in. A session ends after ${days(lifetime.idleMs)} without use, and at the age of ${days(lifetime.absoluteMs)}.`}
        id="sessions"
      >
        <Table
          caption="Sessions"
          rows={sessions}
          rowKey={(session) => session.id}
          columns={[
            {
              id: "client",
              header: "Browser",
              cell: ({ userAgent, address, method }) => (
                <ClientCell userAgent={userAgent} from={`${address}, by ${METHODS[method] ?? method}`} />
              ),
            },
            { id: "verified", header: "Last confirmed", cell: ({ verifiedAt }) => <Time at={verifiedAt} /> },
            { id: "seen", header: "Last seen", cell: (session) => <Time at={session.lastSeenAt} /> },
            {
              id: "revoke",
              header: "Actions",
              hideHeader: true,
              align: "end",
              cell: (session) =>
                isCurrent(session) ? (
                  <Badge tone="info">this one</Badge>
                ) : (
                  <RowActions>
                    <InlineForm action={paths.revokeSession(session.id)}>
                      <SubmitButton variant="secondary" size="sm" pendingLabel="Signing out…">
                        Sign out
                      </SubmitButton>
                    </InlineForm>
                  </RowActions>
                ),
            },
          ]}
        />
        <div className="flex flex-wrap gap-2.5">
          <InlineForm action={paths.revokeOtherSessions}>
            <SubmitButton
              variant="secondary"
              pendingLabel="Signing out…"
              disabledReason={sessions.every(isCurrent) ? "You are signed in nowhere else." : undefined}
            >
              Sign out everywhere else
            </SubmitButton>
          </InlineForm>
          <InlineForm action={paths.revokeSessions}>
            <SubmitButton variant="danger-quiet" pendingLabel="Signing out…">
              Sign out everywhere
            </SubmitButton>
          </InlineForm>
        </div>
      </Section>
    </AccountFrame>
  );
};
