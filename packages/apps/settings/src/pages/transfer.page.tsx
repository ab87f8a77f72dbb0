import type { FormErrors } from "@homeport/kit/form.ts";
import { Alert, Form, FormActions, LinkButton, Section, SubmitButton, Table, TextAreaField } from "@homeport/ui";
import type { ImportResult } from "../service/transfer.ts";
import { Frame } from "./frame.tsx";
import { paths } from "./paths.ts";
import { textOf } from "./setting-values.ts";

type Props = { document: string; preview?: ImportResult | undefined; errors?: FormErrors | undefined };

export const TransferPage = ({ document, preview, errors }: Props) => (
  <Frame tab="transfer" description="Takes settings from one platform to another, or keeps them with other files.">
    <Section
      title="Export"
      description="A JSON file of everything that people set. Defaults, what the environment says, and secrets are not in it."
    >
      <div>
        <LinkButton href={paths.exportFile()} download>
          Download settings
        </LinkButton>
      </div>
    </Section>
    <Section
      title="Import"
      description="You see what would change before anything does. What the file does not name stays as it is."
    >
      <Form action={paths.transfer()} values={{ document }} errors={errors} guard className="max-w-3xl">
        <TextAreaField name="document" label="Content of the file" rows={10} mono spellCheck={false} />
        <FormActions>
          <SubmitButton variant="secondary" pendingLabel="Comparing…">
            Show what would change
          </SubmitButton>
        </FormActions>
      </Form>
    </Section>
    {preview === undefined ? null : <Preview document={document} preview={preview} />}
  </Frame>
);

const Preview = ({ document, preview }: { document: string; preview: ImportResult }) => (
  <Section title="What would change">
    {preview.unknown.length === 0 ? null : (
      <Alert tone="warning" title="Some settings are not known here and are left out">
        {preview.unknown.join(", ")}
      </Alert>
    )}
    <Table
      caption="Changes"
      rows={preview.changes}
      rowKey={({ name }) => name}
      empty={<Alert title="Nothing: everything in the file is as it says already." />}
      columns={[
        { id: "name", header: "Setting", cell: ({ name }) => <span className="font-mono text-sm">{name}</span> },
        { id: "label", header: "Meaning", cell: ({ label }) => label },
        { id: "from", header: "Now", cell: ({ from }) => <Value value={from} /> },
        { id: "to", header: "Then", cell: ({ to }) => <Value value={to} /> },
      ]}
    />
    {preview.changes.length === 0 ? null : (
      <Form action={paths.transfer()} hidden={{ document, apply: "yes" }}>
        <FormActions>
          <SubmitButton pendingLabel="Importing…">
            {preview.changes.length === 1 ? "Change this setting" : `Change these ${preview.changes.length} settings`}
          </SubmitButton>
          <LinkButton href={paths.transfer()} variant="quiet">
            Cancel
          </LinkButton>
        </FormActions>
      </Form>
    )}
  </Section>
);

const Value = ({ value }: { value: ImportResult["changes"][number]["from"] }) => {
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = textOf(value);
  return text === "" ? <span className="text-faint">empty</span> : <span className="whitespace-pre-line">{text}</span>;
};
