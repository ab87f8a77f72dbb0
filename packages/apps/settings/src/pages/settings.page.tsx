import type { FormErrors } from "@homeport/kit/form.ts";
import { Alert, Badge, Card, Empty, Form, FormActions, Section, SubmitButton } from "@homeport/ui";
import type { AppSettings, DeclaringApp, Setting } from "../setting.ts";
import { Frame } from "./frame.tsx";
import { paths } from "./paths.ts";
import { resetFormId, SettingField } from "./setting-field.tsx";
import { type Fields, fieldsOf, groupsOf, versionOf } from "./setting-values.ts";

/** A form that came back, with what was typed and what was wrong. */
export type Refused = { app: string; group: string; fields: Fields; errors: FormErrors };

type Props = { apps: readonly AppSettings[]; refused?: Refused | undefined; now: Date };

export const SettingsPage = ({ apps, refused, now }: Props) => (
  <Frame tab="settings" description="What every app of the platform goes by. Changes hold at once, in every process.">
    {apps.length === 0 ? (
      <Empty title="No settings yet">No app that ran here has declared any.</Empty>
    ) : (
      apps.map(({ app, settings }) => (
        <Section
          key={app.id}
          id={app.id}
          title={
            <span className="inline-flex items-center gap-2.5">
              {app.name}
              <State state={app.state} />
            </span>
          }
        >
          {groupsOf(settings).map(([group, members]) => (
            <Group
              key={group}
              app={app.id}
              group={group}
              settings={members}
              refused={refused?.app === app.id && refused.group === group ? refused : undefined}
              now={now}
            />
          ))}
        </Section>
      ))
    )}
    {refused === undefined ? null : <RefusedElsewhere refused={refused} apps={apps} />}
  </Frame>
);

const State = ({ state }: Pick<DeclaringApp, "state">) => {
  if (state === "running") return null;
  return <Badge tone="warning">{state === "stopped" ? "not running" : "state unknown"}</Badge>;
};

type GroupProps = {
  app: string;
  group: string;
  settings: readonly Setting[];
  refused: Refused | undefined;
  now: Date;
};

const Group = ({ app, group, settings, refused, now }: GroupProps) => {
  const values = refused?.fields ?? fieldsOf(settings);
  const seen = refused?.fields.version ?? String(versionOf(settings));
  return (
    <Card title={group}>
      <Form
        action={paths.values()}
        hidden={{ app, group, version: seen }}
        values={values}
        errors={refused?.errors}
        guard
        marksOptional={false}
        className="max-w-xl"
      >
        {settings.map((setting) => (
          <SettingField key={setting.name} setting={setting} values={values} now={now} />
        ))}
        <FormActions>
          <SubmitButton variant="secondary" pendingLabel="Saving…">
            Save
            <span className="sr-only"> {group}</span>
          </SubmitButton>
        </FormActions>
      </Form>
      {settings.map((setting) =>
        setting.source === "stored" ? (
          <Form
            key={setting.name}
            id={resetFormId(setting)}
            action={paths.reset()}
            hidden={{ name: setting.name, app }}
            className="hidden"
          />
        ) : null,
      )}
    </Card>
  );
};

/** The app has declared others since, so there is no form to show the messages in. */
const RefusedElsewhere = ({ refused, apps }: { refused: Refused; apps: readonly AppSettings[] }) => {
  const isShown = apps.some(
    ({ app, settings }) =>
      app.id === refused.app && settings.some(({ declaration }) => declaration.group === refused.group),
  );
  if (isShown) return null;
  return (
    <Alert tone="danger" title="Nothing was saved.">
      {refused.errors.form}
    </Alert>
  );
};
