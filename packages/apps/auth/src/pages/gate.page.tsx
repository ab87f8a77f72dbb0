import { Alert, LinkButton, PageHeader } from "@homeport/ui";

/** For somebody who is signed in and not a member of the organisation that a host is for. */
export const GateRefusedPage = ({ email, host, other }: { email: string; host: string; other: string }) => (
  <>
    <PageHeader title="You may not enter here" />
    <div className="grid justify-items-start gap-5">
      <Alert tone="danger" title={`${host} is for members of another organisation.`}>
        You are signed in as {email}. Ask an owner of that organisation to add you, or use another account.
      </Alert>
      <LinkButton href={other}>Sign in with another account</LinkButton>
    </div>
  </>
);

/** For a request that the gateway did not make, or not lately. */
export const GateUnknownPage = () => (
  <>
    <PageHeader title="This link does not work any more" />
    <p>
      Open the address that you wanted to see again. Links like this one are made for you there, and work for half an
      hour.
    </p>
  </>
);

/** Between signing in and a gate: the browser goes on by itself. */
export const GoingOnPage = ({ next }: { next: string }) => (
  <>
    <PageHeader title="You are signed in" />
    <LinkButton href={next} data-hp-reload="">
      Go on
    </LinkButton>
  </>
);
