import {
  Badge,
  Form,
  FormActions,
  LinkButton,
  PageHeader,
  Section,
  SubmitButton,
  Table,
  Time,
  type Tone,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { DataKeyView } from "../service/keys.ts";
import { Frame } from "./frame.tsx";
import { paths } from "./paths.ts";

const STATES: Record<DataKeyView["state"], { label: string; tone: Tone }> = {
  next: { label: "about to be used", tone: "info" },
  active: { label: "in use", tone: "success" },
  retired: { label: "replaced", tone: "neutral" },
};

const ROTATE = {
  title: "Make a new key?",
  body: "In half a minute everything is sealed with it, and what is there is sealed anew. Nothing has to be stopped.",
  confirmLabel: "Make a new key",
  isHarmless: true,
};
const removal = (id: number) => ({
  title: `Remove key ${id}?`,
  body: "Backups from the time when it was in use can then no longer be read. This cannot be undone.",
  confirmLabel: "Remove key",
});

export const KeysPage = ({ keys, now }: { keys: readonly DataKeyView[]; now: Date }) => (
  <Frame
    tab="keys"
    description="Variables, secrets and other values are sealed with these keys before they are stored. The keys themselves are locked with APP_SECRET or the key file."
  >
    <Table
      caption="Keys"
      rows={keys}
      rowKey={({ id }) => String(id)}
      columns={[
        { id: "id", header: "Key", cell: ({ id }) => `Key ${id}` },
        {
          id: "state",
          header: "State",
          cell: ({ state }) => <Badge tone={STATES[state].tone}>{STATES[state].label}</Badge>,
        },
        { id: "made", header: "Made", cell: ({ createdAt }) => <Time at={createdAt} now={now} />, nowrap: true },
        { id: "seals", header: "Seals", cell: (key) => sealsText(key) },
        { id: "remove", header: "Remove", hideHeader: true, align: "end", cell: (key) => <Remove dataKey={key} /> },
      ]}
    />
    <Section
      title="New key"
      description="Make one from time to time, and whenever somebody may have seen the old one. The old key stays until you remove it, so that older backups can be read."
    >
      <div>
        <ConfirmButton label="Make a new key" variant="secondary" action={paths.rotateKey()} {...ROTATE} />
      </div>
    </Section>
  </Frame>
);

const sealsText = ({ state, remaining }: DataKeyView): string => {
  if (state !== "retired") return "not counted";
  if (remaining === null) return "is being counted";
  return remaining === 1 ? "1 value" : `${remaining} values`;
};

const Remove = ({ dataKey }: { dataKey: DataKeyView }) => (
  <ConfirmButton
    label="Remove"
    size="sm"
    action={paths.removeKey(dataKey.id)}
    disabledReason={reasonToKeep(dataKey)}
    {...removal(dataKey.id)}
  />
);

const reasonToKeep = ({ state, remaining }: DataKeyView): string | undefined => {
  if (state !== "retired") return "It is in use.";
  if (remaining === null) return "It is still being counted what it seals.";
  return remaining > 0 ? "It still seals values." : undefined;
};

/** Asked by the server, where the button's own dialog did not. */
export const RotateKeyPage = () => <Question {...ROTATE} action={paths.rotateKey()} />;
export const RemoveKeyPage = ({ id }: { id: number }) => <Question {...removal(id)} action={paths.removeKey(id)} />;

type QuestionProps = { title: string; body: string; confirmLabel: string; action: string; isHarmless?: boolean };

const Question = ({ title, body, confirmLabel, action, isHarmless = false }: QuestionProps) => (
  <>
    <PageHeader title={title} description={body} />
    <Form action={action} hidden={{ confirm: "yes" }}>
      <FormActions>
        <SubmitButton variant={isHarmless ? "primary" : "danger"}>{confirmLabel}</SubmitButton>
        <LinkButton href={paths.keys()}>{isHarmless ? "Cancel" : "Keep it"}</LinkButton>
      </FormActions>
    </Form>
  </>
);
