import { SelectField, TextAreaField, TextField } from "@homeport/ui";

const PRESET_OPTIONS = [
  { value: "everything", label: "Everything that its owner may do" },
  { value: "read", label: "Read only" },
  { value: "deploy", label: "Deploy a project" },
  { value: "custom", label: "Only these scopes" },
];

const LIFETIMES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "366", label: "1 year" },
];

/** What a new token of a form begins with. */
export const NEW_TOKEN_VALUES = { expiresInDays: "90", preset: "everything" };

/** The fields of a new API token; `wantedOf` (token-fields.ts) reads them. */
export const TokenFields = () => (
  <>
    <TextField name="name" label="Name" hint="What will use it, such as: deploy script" maxLength={100} />
    <SelectField name="preset" label="It may do" options={PRESET_OPTIONS} />
    <div className="[form:not(:has(option[value=custom]:checked))_&]:hidden">
      <TextAreaField
        name="scopes"
        label="Scopes"
        optional
        mono
        rows={4}
        maxLength={10_000}
        hint="One a line, such as log:read or deployment:*. What is never implied has to be named in full."
      />
    </div>
    <TextField
      name="project"
      label="Only in this project"
      optional
      mono
      maxLength={60}
      hint="Its short name. Without one the token works in the whole organisation."
    />
    <SelectField name="expiresInDays" label="Expires in" options={LIFETIMES} />
  </>
);
