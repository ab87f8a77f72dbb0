import { CheckboxField, Section, SelectField, TextAreaField, TextField } from "@homeport/ui";
import { type Fields, userRows } from "./policy-values.ts";

type Props = { values: Fields };

const Check = ({ values, name, label, hint }: Props & { name: string; label: string; hint?: string }) => (
  <CheckboxField name={name} label={label} hint={hint} value="on" defaultChecked={values[name] === "on"} />
);

const Addresses = ({ name, label, hint }: { name: string; label: string; hint: string }) => (
  <TextAreaField name={name} label={label} hint={hint} rows={3} mono optional spellCheck={false} />
);

export const RedirectFields = ({ values }: Props) => (
  <Section title="Redirects and HTTPS">
    <TextAreaField
      name="redirects"
      label="Redirects"
      hint="One per line: path, target, and a status if it is not 308. /old/* takes everything below; a /* at the end of the target keeps the rest. The first that fits answers."
      placeholder={"/old/* https://shop.example/new/* 301"}
      rows={4}
      mono
      optional
      spellCheck={false}
    />
    <Check
      values={values}
      name="httpsOnly"
      label="HTTPS only"
      hint="Plain HTTP is sent to HTTPS, where the gateway listens with TLS."
    />
    <Check
      values={values}
      name="hsts"
      label="Tell browsers to use HTTPS only from now on (HSTS)"
      hint="Browsers remember it for the time below, and nobody can take it back before."
    />
    <div className="grid gap-5 sm:grid-cols-2">
      <TextField name="hstsMaxAge" label="HSTS lasts" suffix="seconds" inputMode="numeric" optional />
      <div className="grid content-end gap-2">
        <Check values={values} name="hstsSubdomains" label="HSTS for every name below, too" />
        <Check values={values} name="hstsPreload" label="HSTS may be preloaded by browsers" />
      </div>
    </div>
  </Section>
);

export const AccessFields = ({ values, isPlatform }: Props & { isPlatform: boolean }) => (
  <Section title="Who gets in">
    <Addresses
      name="allow"
      label="Allowed addresses"
      hint="One address or range per line, such as 192.0.2.0/24. Everybody else gets 403. Empty lets everybody in."
    />
    {isPlatform ? null : <SignInFields />}
    {isPlatform ? null : <UserFields values={values} />}
  </Section>
);

const SignInFields = () => (
  <div className="grid gap-5 sm:grid-cols-2">
    <SelectField
      name="signIn"
      label="Platform sign-in"
      options={[
        { value: "", label: "Not needed" },
        { value: "anybody", label: "Everybody who has an account" },
        { value: "organisation", label: "Members of one organisation" },
      ]}
    />
    <TextField name="signInOrganisation" label="Id of the organisation" mono optional />
  </div>
);

/** Rows in plain sight instead of a script that adds them: there are always some to spare. */
const UserFields = ({ values }: Props) => (
  <fieldset className="grid gap-3">
    <legend className="mb-1 font-medium">Passwords</legend>
    <p className="text-sm text-faint">
      Browsers ask for one of these. Without a new password a user keeps theirs; an empty name removes a user; saving
      makes room for more. Passwords are stored as hashes and never shown.
    </p>
    <TextField name="realm" label="What browsers say they are for" optional maxLength={60} />
    {userRows(values).map((row) => (
      <div key={row} className="grid gap-3 sm:grid-cols-2">
        <TextField name={`user${row}`} label={`User ${row + 1}`} autoComplete="off" optional maxLength={64} />
        <TextField
          name={`password${row}`}
          label={`New password of user ${row + 1}`}
          type="password"
          autoComplete="new-password"
          optional
          maxLength={128}
        />
      </div>
    ))}
  </fieldset>
);

export const MaintenanceFields = ({ values }: Props) => (
  <Section title="Maintenance">
    <Check
      values={values}
      name="maintenance"
      label="Show the maintenance page"
      hint="Everybody gets 503 but who is let through below."
    />
    <TextField name="maintenanceMessage" label="What it says" optional maxLength={500} />
    <TextField name="maintenanceRetryAfter" label="Come back in" suffix="seconds" inputMode="numeric" optional />
    <Addresses name="maintenanceExcept" label="Who gets through meanwhile" hint="One address or range per line." />
  </Section>
);

export const LimitFields = () => (
  <Section title="Limits">
    <div className="grid items-start gap-5 sm:grid-cols-3">
      <TextField name="rateRequests" label="Requests" hint="Empty: no limit." inputMode="numeric" optional />
      <TextField name="rateWindow" label="Within" suffix="seconds" inputMode="numeric" optional />
      <SelectField
        name="ratePer"
        label="Counted for each"
        options={[
          { value: "address", label: "Address" },
          { value: "user", label: "User, else address" },
        ]}
      />
    </div>
    <TextField
      name="maxBodyBytes"
      label="Largest request body"
      suffix="bytes"
      hint="1 MiB is 1048576. Empty: no limit of the host's own."
      inputMode="numeric"
      optional
    />
    <div className="grid items-start gap-5 sm:grid-cols-2">
      <TextField name="connectTimeoutMs" label="Time to connect" suffix="ms" inputMode="numeric" optional />
      <TextField name="responseTimeoutMs" label="Time to the first byte" suffix="ms" inputMode="numeric" optional />
    </div>
  </Section>
);

export const HandlingFields = ({ values }: Props) => (
  <Section title="Passing on">
    <Check values={values} name="compress" label="Compress text" hint="What services send uncompressed." />
    <Check
      values={values}
      name="sticky"
      label="Keep a visitor on one instance"
      hint="For as long as it is ready. For services that keep sessions in memory."
    />
  </Section>
);
