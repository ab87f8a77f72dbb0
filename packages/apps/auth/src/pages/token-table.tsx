import { Badge, InlineForm, RowActions, SubmitButton, Table, Time } from "@homeport/ui";
import type { ReactNode } from "react";
import type { ApiToken } from "../api-token.ts";

/** A few words for what may be fifty scopes. */
const MAX_SHOWN = 2;

type Props = { tokens: ApiToken[]; revokePath: (id: string) => string; empty: ReactNode };

/** The API tokens of somebody, each with a button that ends it. */
export const TokenTable = ({ tokens, revokePath, empty }: Props) => (
  <Table
    caption="API tokens"
    rows={tokens}
    rowKey={(token) => token.id}
    empty={empty}
    columns={[
      { id: "name", header: "Name", cell: (token) => token.name },
      { id: "hint", header: "Token", cell: (token) => <code>{token.hint}</code>, nowrap: true },
      { id: "scopes", header: "May do", cell: (token) => <Scopes scopes={token.scopes} /> },
      {
        id: "used",
        header: "Last used",
        cell: (token) => (token.lastUsedAt === null ? "never" : <Time at={token.lastUsedAt} />),
      },
      { id: "expires", header: "Expires", cell: (token) => <Expiry at={token.expiresAt} /> },
      {
        id: "revoke",
        header: "Actions",
        hideHeader: true,
        align: "end",
        cell: (token) => (
          <RowActions>
            <InlineForm action={revokePath(token.id)}>
              <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Revoking…">
                Revoke
              </SubmitButton>
            </InlineForm>
          </RowActions>
        ),
      },
    ]}
  />
);

const Scopes = ({ scopes }: { scopes: string[] }) => {
  if (scopes.length === 1 && scopes[0] === "*") return <Badge>everything</Badge>;
  const rest = scopes.length - MAX_SHOWN;
  return (
    <span title={scopes.join("\n")} className="font-mono text-sm wrap-anywhere">
      {scopes.slice(0, MAX_SHOWN).join(", ")}
      {rest > 0 ? ` and ${rest} more` : null}
    </span>
  );
};

const Expiry = ({ at }: { at: Date | null }) => {
  if (at === null) return <>never</>;
  return at <= new Date() ? <Badge tone="warning">expired</Badge> : <Time at={at} />;
};
