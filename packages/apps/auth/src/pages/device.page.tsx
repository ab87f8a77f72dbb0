import type { FormErrors } from "@homeport/kit/form.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import { Alert, Form, FormActions, KeyValue, PageHeader, SubmitButton, TextField, Time } from "@homeport/ui";
import type { WaitingDevice } from "../device-code.ts";
import { signInPaths } from "./sign-in-paths.ts";

export const EnterCodePage = ({
  values,
  errors,
}: {
  values: Record<string, string>;
  errors: FormErrors | undefined;
}) => (
  <>
    <PageHeader title="Sign a device in" description="Enter the code that your command line shows." />
    <Form action={signInPaths.device} values={values} errors={errors}>
      <TextField
        name="code"
        label="Code"
        hint="Eight letters, like BCDF-GHJK. homeport login shows one."
        autoComplete="off"
        autoCapitalize="characters"
        maxLength={20}
        mono
      />
      <FormActions>
        <SubmitButton pendingLabel="Looking…">Go on</SubmitButton>
      </FormActions>
    </Form>
  </>
);

/** Who sends somebody a code of their own would get that person's token: so it says where it was asked for. */
export const DevicePage = ({ device, member }: { device: WaitingDevice; member: HumanPrincipal }) => (
  <>
    <PageHeader title="Sign this device in?" />
    <div className="grid gap-5">
      <KeyValue
        items={[
          { label: "Device", value: device.clientName },
          { label: "Address", value: device.address },
          { label: "Asked", value: <Time at={device.createdAt} /> },
          { label: "As", value: `${member.email} in ${member.organisationSlug}` },
        ]}
      />
      <Alert tone="warning" title="Approve only what you have started yourself.">
        It gets an API token that may do all that you may, for 90 days.
      </Alert>
      <div className="flex flex-wrap gap-2.5">
        <Decision code={device.userCode} decision="approve" />
        <Decision code={device.userCode} decision="deny" />
      </div>
    </div>
  </>
);

const Decision = ({ code, decision }: { code: string; decision: "approve" | "deny" }) => (
  <form action={signInPaths.decideDevice} method="post" className="inline-flex">
    <input type="hidden" name="code" value={code} />
    <input type="hidden" name="decision" value={decision} />
    <SubmitButton variant={decision === "approve" ? "primary" : "danger-quiet"} pendingLabel="Sending…">
      {decision === "approve" ? "Approve" : "Deny"}
    </SubmitButton>
  </form>
);

export const DecidedDevicePage = ({ clientName, isApproved }: { clientName: string; isApproved: boolean }) => (
  <>
    <PageHeader title={isApproved ? "It is signed in" : "It was refused"} />
    <p>
      {isApproved
        ? `Go back to the command line on ${clientName}. Its token is in the list of your API tokens.`
        : `${clientName} gets nothing.`}
    </p>
  </>
);
