import { Badge, CheckboxField, SelectField, SubmitButton, TextAreaField, TextField, Time } from "@homeport/ui";
import type { ReactNode } from "react";
import type { Setting } from "../setting.ts";
import type { Fields } from "./setting-values.ts";

/** The id of the form that takes a setting's stored value away; a form cannot stand in another. */
export const resetFormId = (setting: Setting): string => `reset-${setting.name}`;

/** The right field for a setting, and where its value comes from. */
export const SettingField = ({ setting, values, now }: { setting: Setting; values: Fields; now: Date }) => (
  <div className="grid grid-cols-1 gap-1.5">
    <Control setting={setting} values={values} />
    <Source setting={setting} now={now} />
  </div>
);

const Control = ({ setting, values }: { setting: Setting; values: Fields }): ReactNode => {
  const { name, declaration } = setting;
  const { label, description } = declaration;
  const common = { name, label, hint: description };
  switch (declaration.type) {
    case "boolean":
      return <CheckboxField {...common} value="on" defaultChecked={values[name] === "on"} />;
    case "integer":
      return <TextField {...common} suffix={declaration.unit} inputMode="numeric" autoComplete="off" />;
    case "text":
      return <TextField {...common} maxLength={declaration.maxLength} autoComplete="off" optional />;
    case "url":
    case "email":
      return <TextField {...common} inputMode={declaration.type} autoComplete="off" spellCheck={false} optional />;
    case "choice":
      return <SelectField {...common} options={[...declaration.options]} />;
    case "lines":
      return <TextAreaField {...common} rows={4} spellCheck={false} optional />;
    case "secret":
      return (
        <TextField
          {...common}
          type="password"
          autoComplete="new-password"
          placeholder={setting.isSet ? "Set; leave empty to keep it" : "Not set"}
          optional
        />
      );
  }
};

const Source = ({ setting, now }: { setting: Setting; now: Date }) => {
  const { source, changed, declaration, isSet } = setting;
  const isSecret = declaration.type === "secret";
  return (
    <div
      className={`flex min-h-7 flex-wrap items-center gap-x-2.5 gap-y-1 text-sm text-faint ${declaration.type === "boolean" ? "ms-7" : ""}`}
    >
      {isSecret ? <Badge tone={isSet ? "success" : "neutral"}>{isSet ? "set" : "not set"}</Badge> : null}
      {source === "default" && !isSecret ? <span>Default</span> : null}
      {source === "environment" ? <span>From {declaration.env ?? "the environment"}</span> : null}
      {source === "stored" && changed !== null ? (
        <>
          <span>
            Set by {changed.by} <Time at={changed.at} now={now} />
          </span>
          <SubmitButton variant="quiet" size="sm" form={resetFormId(setting)}>
            {isSecret ? "Clear" : "Reset"}
            <span className="sr-only"> {declaration.label}</span>
          </SubmitButton>
        </>
      ) : null}
    </div>
  );
};
