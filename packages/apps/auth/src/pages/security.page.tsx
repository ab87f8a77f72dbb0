import type { FormErrors } from "@homeport/kit/form.ts";
import {
  Alert,
  Badge,
  CopyChip,
  Form,
  FormActions,
  FormColumn,
  InlineForm,
  LinkButton,
  OneTimeSecret,
  PageHeader,
  Section,
  SubmitButton,
  TextField,
  Time,
} from "@homeport/ui";
import ConfirmButton from "@homeport/ui/confirm";
import type { SecondFactorState } from "../service/second-factor.ts";
import { AccountFrame } from "./account-frame.tsx";
import { paths } from "./paths.ts";
import { QrCode } from "./qr-code.tsx";
import { signInPaths } from "./sign-in-paths.ts";

type Props = {
  hasPassword: boolean;
  /** Whether the session proved who it is lately: then a password can be set without the one of now. */
  isFresh: boolean;
  isChanged: boolean;
  factor: SecondFactorState;
  /** Whether everybody here is asked to have a second factor. */
  isWanted: boolean;
  /** Where to go on once there is one. */
  next: string;
  errors: FormErrors | undefined;
};

export const SecurityPage = ({ hasPassword, isFresh, isChanged, factor, isWanted, next, errors }: Props) => (
  <AccountFrame tab="security">
    {isWanted && factor.confirmedAt === null ? (
      <Alert tone="warning" title="Everybody here is asked to have a second factor.">
        Set up an authenticator below.
      </Alert>
    ) : null}
    <FormColumn>
      <Section
        title="Second factor"
        description="A code of an app on your phone, besides the password or the link."
        id="authenticator"
      >
        <Factor factor={factor} next={next} />
      </Section>
      <Section
        title="Password"
        description={`You have ${hasPassword ? "one" : "none"}. Setting it ends your other sessions; API tokens stay.`}
        id="password"
      >
        {isChanged ? <Alert tone="success" title="Your password is set. Your other sessions have ended." /> : null}
        <Form action={signInPaths.password} errors={errors}>
          {hasPassword ? (
            <TextField
              name="current"
              label="Current password"
              hint={isFresh ? "You have just signed in, so you may leave it empty." : undefined}
              type="password"
              autoComplete="current-password"
              optional={isFresh}
            />
          ) : null}
          <TextField
            name="password"
            label="New password"
            hint="At least 8 characters; a few random words are better than one clever one."
            type="password"
            autoComplete="new-password"
          />
          <FormActions>
            <SubmitButton pendingLabel="Setting…">Set the password</SubmitButton>
          </FormActions>
        </Form>
      </Section>
    </FormColumn>
  </AccountFrame>
);

const Factor = ({ factor, next }: { factor: SecondFactorState; next: string }) =>
  factor.confirmedAt === null ? (
    <div>
      <InlineForm action={signInPaths.authenticator} hidden={{ next }}>
        <SubmitButton variant="secondary" pendingLabel="Making…">
          Set up an authenticator
        </SubmitButton>
      </InlineForm>
    </div>
  ) : (
    <>
      <p>
        <Badge tone="success">on</Badge> since <Time at={factor.confirmedAt} />, with {factor.recoveryCodesLeft}{" "}
        recovery codes left.
      </p>
      <div className="flex flex-wrap gap-2.5">
        <InlineForm action={signInPaths.recoveryCodes}>
          <SubmitButton variant="secondary" pendingLabel="Making…">
            New recovery codes
          </SubmitButton>
        </InlineForm>
        <ConfirmButton
          label="Remove the authenticator"
          action={signInPaths.removeAuthenticator}
          title="Remove the authenticator?"
          body="You sign in without a second factor then. Its recovery codes stop working."
          confirmLabel="Remove it"
        />
      </div>
    </>
  );

type EnrolProps = { secret: string; uri: string; next: string; errors: FormErrors | undefined };

/** Shows the secret while it waits for its first code. */
export const EnrolPage = ({ secret, uri, next, errors }: EnrolProps) => (
  <>
    <PageHeader
      title="Set up an authenticator"
      description="Scan this with an authenticator app, or type the secret there. Then enter the code that it shows."
      breadcrumbs={[{ label: "Security", href: paths.security }, { label: "Authenticator" }]}
    />
    <div className="grid max-w-xl gap-5">
      <QrCode text={uri} label="QR code for the authenticator app" />
      <div className="grid justify-items-start gap-1.5">
        <span className="text-sm text-soft">No camera? Type this secret into the app instead:</span>
        <CopyChip value={secret} label="secret" />
      </div>
      <Form action={signInPaths.confirmAuthenticator} hidden={{ next }} errors={errors}>
        <TextField name="code" label="Code" autoComplete="one-time-code" inputMode="numeric" maxLength={10} mono />
        <FormActions>
          <SubmitButton pendingLabel="Turning on…">Turn it on</SubmitButton>
          <LinkButton href={paths.security}>Not now</LinkButton>
        </FormActions>
      </Form>
    </div>
  </>
);

/** In this one answer only. */
export const RecoveryCodesPage = ({ codes, next }: { codes: string[]; next: string }) => (
  <>
    <PageHeader
      title="Recovery codes"
      description="Each signs you in once, should you lose your authenticator. Keep them where you keep passwords."
    />
    <div className="grid max-w-xl gap-5">
      <OneTimeSecret
        title="Keep these now: they are not shown again."
        value={codes.join("\n")}
        label="recovery codes"
      />
      <div>
        <LinkButton href={next}>I have kept them</LinkButton>
      </div>
    </div>
  </>
);
