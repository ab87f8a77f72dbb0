import type { FormErrors } from "@homeport/kit/form.ts";
import { Empty, Form, FormActions, FormColumn, OneTimeSecret, Section, SubmitButton } from "@homeport/ui";
import type { ApiToken } from "../api-token.ts";
import { AccountFrame } from "./account-frame.tsx";
import { paths } from "./paths.ts";
import { NEW_TOKEN_VALUES, TokenFields } from "./token-form.tsx";
import { TokenTable } from "./token-table.tsx";

type Props = {
  platformUrl: string;
  tokens: ApiToken[];
  newToken?: string | undefined;
  errors?: FormErrors | undefined;
  values: Record<string, string>;
};

/** Your API tokens. A new one is shown in this one answer, and stored nowhere. */
export const TokensPage = ({ platformUrl, tokens, newToken, errors, values }: Props) => (
  <AccountFrame tab="tokens">
    <Section
      title="API tokens"
      description="A token acts as you, in the organisation that you made it in: for the command line, docker login and scripts."
      id="tokens"
    >
      {newToken === undefined ? null : (
        <OneTimeSecret title="Copy the new token now: it is not shown again." value={newToken} label="API token" />
      )}
      <TokenTable
        tokens={tokens}
        revokePath={paths.revokeToken}
        empty={
          <Empty title="No API tokens yet" cli={`homeport login --url ${platformUrl} --token "hp_…"`}>
            Make one below, then use it with the command line.
          </Empty>
        }
      />
    </Section>
    <FormColumn>
      <Section title="New token">
        <Form action={paths.tokens} values={{ ...NEW_TOKEN_VALUES, ...values }} errors={errors}>
          <TokenFields />
          <FormActions>
            <SubmitButton pendingLabel="Making…">Make a token</SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </AccountFrame>
);
