import { VERIFIED_MS } from "@homeport/kit/authorize.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { Password } from "../contract/nouns.ts";
import { SecondFactorCode } from "../contract/sign-in.ts";
import { safeNext } from "../next-path.ts";
import type { Enrolment } from "../service/second-factor.ts";
import type { UseCases } from "../service/use-cases.ts";
import { ConfirmPage } from "./confirm.page.tsx";
import { paths } from "./paths.ts";
import { EnrolPage, RecoveryCodesPage, SecurityPage } from "./security.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

const PasswordForm = z.object({
  current: z
    .string()
    .max(200)
    .optional()
    .transform((text) => (text === "" ? undefined : text)),
  password: Password,
});
const CodeForm = z.object({ code: SecondFactorCode });

/** A person's password and second factor. */
export const securityPages = ({ passwords, factors, profiles, wantsSecondFactor }: UseCases): Page[] => {
  const view = async (context: PageContext, errors?: FormErrors, isChanged = false): Promise<PageView> => {
    const member = personOf(context);
    const next = context.url.searchParams.get("next");
    const account = await profiles.get(member);
    const isFresh = member.kind === "person" && Date.now() - member.verifiedAt <= VERIFIED_MS;
    return {
      title: "Security",
      body: (
        <SecurityPage
          hasPassword={account.hasPassword}
          isFresh={isFresh}
          isChanged={isChanged}
          factor={await factors.read(member.personId as PersonId)}
          isWanted={wantsSecondFactor()}
          next={next === null ? "" : safeNext(next)}
          errors={errors}
        />
      ),
      status: errors === undefined ? 200 : 422,
    };
  };
  const enrolView = (enrolment: Enrolment, next: string, errors?: FormErrors): PageView => ({
    title: "Set up an authenticator",
    body: <EnrolPage secret={enrolment.secret.reveal()} uri={enrolment.uri} next={next} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  const codesView = (codes: string[], next: string): PageView => ({
    title: "Recovery codes",
    body: <RecoveryCodesPage codes={codes} next={next === "" ? paths.security : safeNext(next)} />,
  });
  const dangerous = (path: Page["path"], render: Page["render"]): Page => ({
    method: "POST",
    path,
    action: "authenticator:write",
    resource: "organisation",
    render,
  });
  return [
    {
      path: paths.security,
      action: "authenticator:read",
      resource: "organisation",
      render: (context) => view(context),
    },
    {
      method: "POST",
      path: signInPaths.password,
      action: "profile:update",
      resource: "organisation",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<PageView>(
          async () => {
            await passwords.change(personOf(context), parseForm(PasswordForm, { password: "", ...values }));
            return view(context, undefined, true);
          },
          (errors, err) => {
            if (err.code === "unverified") throw err;
            return view(context, errors);
          },
        );
      },
    },
    dangerous(signInPaths.authenticator, async (context) => {
      const { next = "" } = await context.form();
      return withFormErrors<PageView>(
        async () => enrolView(await factors.enrol(personOf(context)), next),
        (errors) => view(context, errors),
      );
    }),
    dangerous(signInPaths.confirmAuthenticator, async (context) => {
      const values = await context.form();
      const { next = "" } = values;
      return withFormErrors<Response | PageView>(
        async () => {
          const { code } = parseForm(CodeForm, { code: "", ...values });
          return codesView(await factors.confirm(personOf(context), code), next);
        },
        async (errors) => {
          const waiting = await factors.findWaiting(personOf(context));
          return waiting === null ? seeOther(paths.security) : enrolView(waiting, next, errors);
        },
      );
    }),
    dangerous(signInPaths.removeAuthenticator, async (context) => {
      const { confirm } = await context.form();
      if (confirm !== "yes") return askToRemove();
      await factors.remove(personOf(context));
      return seeOther(paths.security);
    }),
    dangerous(signInPaths.recoveryCodes, async (context) =>
      withFormErrors<PageView>(
        async () => codesView(await factors.renewCodes(personOf(context)), ""),
        (errors) => view(context, errors),
      ),
    ),
  ];
};

const askToRemove = (): PageView => ({
  title: "Remove the authenticator?",
  body: (
    <ConfirmPage
      title="Remove the authenticator?"
      body="You sign in without a second factor then. Its recovery codes stop working."
      action={signInPaths.removeAuthenticator}
      confirmLabel="Remove it"
      back={paths.security}
    />
  ),
});
