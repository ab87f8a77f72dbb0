import { InlineForm, RowActions, Secret, SubmitButton, Table, Time } from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { ReactNode } from "react";

type Props = {
  caption: string;
  values: { name: string; updatedAt: Date }[];
  /** Its `/reveal` and `/unset` take the name. */
  action: string;
  /** Why the caller may not change them, or be told them. */
  writeReason: string | undefined;
  revealReason: string | undefined;
  empty: ReactNode;
};

/** Names are shown, values never: they can be replaced, and told on purpose on a page of their own. */
export const SealedValues = ({ caption, values, action, writeReason, revealReason, empty }: Props) => (
  <Table
    caption={caption}
    rows={values}
    rowKey={({ name }) => name}
    empty={empty}
    columns={[
      { id: "name", header: "Name", cell: ({ name }) => <code className="break-all">{name}</code> },
      { id: "value", header: "Value", cell: () => <Secret />, nowrap: true },
      { id: "changed", header: "Changed", cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      {
        id: "actions",
        header: "Actions",
        hideHeader: true,
        align: "end",
        cell: ({ name }) => (
          <RowActions>
            <RevealButton
              action={`${action}/reveal`}
              label="Reveal"
              what={name}
              name={name}
              disabledReason={revealReason}
            />
            <InlineForm action={`${action}/unset`} hidden={{ name }}>
              <SubmitButton variant="danger-quiet" size="sm" pendingLabel="Removing…" disabledReason={writeReason}>
                Remove
              </SubmitButton>
            </InlineForm>
          </RowActions>
        ),
      },
    ]}
  />
);

/** Asks before a value is told; the page that follows tells it. */
export const RevealButton = (props: {
  action: string;
  label: string;
  what: string;
  name?: string;
  disabledReason: string | undefined;
  /** It stands above a page, not in a row. */
  isMain?: boolean;
}) => (
  <ConfirmButton
    label={props.label}
    action={props.action}
    title={`Reveal ${props.what}?`}
    body="The next page shows it once. The audit log will say that you asked."
    confirmLabel="Reveal"
    hidden={props.name === undefined ? undefined : { name: props.name }}
    variant="secondary"
    disabledReason={props.disabledReason}
    size={props.isMain === true ? "md" : "sm"}
  />
);
