import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { Badge, InlineForm, Section, SubmitButton, Table, Time } from "@homeport/ui";
import type { Session, SessionLifetime } from "../session.ts";
import { AccountFrame } from "./account-frame.tsx";
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
            { id: "agent", header: "Browser", cell: (session) => session.userAgent || "unknown" },
            { id: "address", header: "Address", cell: (session) => session.address },
            { id: "method", header: "Signed in by", cell: ({ method }) => METHODS[method] ?? method },
            { id: "verified", header: "Last proof", cell: ({ verifiedAt }) => <Time at={verifiedAt} /> },
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
                  <InlineForm action={paths.revokeSession(session.id)}>
                    <SubmitButton variant="quiet" pendingLabel="Signing out…">
                      Sign out
                    </SubmitButton>
                  </InlineForm>
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
