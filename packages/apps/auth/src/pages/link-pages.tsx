import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { Page, PageContext, PageView } from "@homeport/kit/page.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { Email } from "../contract/nouns.ts";
import type { UseCases } from "../service/use-cases.ts";
import { goOn } from "./go-on.tsx";
import { AskLinkPage, LinkPage, LinkRefusedPage, LinkSentPage } from "./link.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

const AskForm = z.object({ email: Email, next: z.string().max(6000).optional() });

/**
 * Signing in by a link in a mail. The address of such a page is a secret, and the Referrer-Policy of every page keeps it on
 * this site; a stricter one would make browsers send forms with `Origin: null` (Fetch standard, section 3.2).
 */
export const linkPages = (useCases: UseCases): Page[] => {
  const { link, signIn, factors } = useCases;
  const askView = (values: Record<string, string>, errors: FormErrors): PageView => ({
    title: "Sign in",
    layout: "bare",
    status: 422,
    body: <AskLinkPage values={values} errors={errors} />,
  });
  return [
    {
      method: "POST",
      path: signInPaths.askLink,
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<PageView>(
          async () => {
            const asked = parseForm(AskForm, values);
            if (link.isOn()) await link.begin(asked, toClient(context));
            return {
              title: "Look at your mail",
              layout: "bare",
              body: <LinkSentPage email={asked.email} isOn={link.isOn()} />,
            };
          },
          (errors, err) => {
            const again = askView(values, errors);
            if (err.code !== "rate_limited") return again;
            return { ...again, status: err.status, headers: { "retry-after": String(err.retryAfterSeconds ?? 1) } };
          },
        );
      },
    },
    {
      path: signInPaths.link,
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const found = await link.find(tokenOf(context));
        if (found === null) return over();
        const isTheirs = found.person !== null && personIdOf(context) === found.person.id;
        const isFirstProof =
          found.person !== null &&
          found.person.emailVerifiedAt === null &&
          !isTheirs &&
          !(await factors.isOn(found.person.id));
        return {
          title: "Sign in",
          layout: "bare",
          body: (
            <LinkPage {...found} action={signInPaths.linkBy(tokenOf(context).reveal())} isFirstProof={isFirstProof} />
          ),
        };
      },
    },
    {
      method: "POST",
      path: signInPaths.link,
      action: "session:create",
      resource: "public",
      render: async (context) => {
        const client = toClient(context);
        const token = tokenOf(context);
        const asked = await link.find(token);
        const proof = await link.complete({ token }, client);
        if (proof === null) return over();
        const outcome = await signIn.enter(proof, client, { signedInAs: personIdOf(context) });
        return outcome.kind === "refused" ? refused() : goOn(useCases, context, outcome, asked?.next);
      },
    },
  ];
};

const tokenOf = ({ url }: PageContext): Secret => new Secret((url.searchParams.get("token") ?? "").slice(0, 100));

const personIdOf = ({ principal }: PageContext): PersonId | null =>
  principal.kind === "person" ? (principal.personId as PersonId) : null;

const over = (): PageView => ({
  title: "This link does not work any more",
  layout: "bare",
  status: 410,
  body: (
    <LinkRefusedPage title="This link does not work any more">
      Links work for a quarter of an hour, and once.
    </LinkRefusedPage>
  ),
});

const refused = (): PageView => ({
  title: "You cannot sign in here",
  layout: "bare",
  status: 403,
  body: (
    <LinkRefusedPage title="You cannot sign in here">
      Ask those who run this platform, or use another address.
    </LinkRefusedPage>
  ),
});
