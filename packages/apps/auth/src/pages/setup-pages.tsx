import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { type Page, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { toClient } from "../client.ts";
import { Email, Password, PersonName } from "../contract/nouns.ts";
import { sessionCookie } from "../cookie.ts";
import { HOME } from "../next-path.ts";
import type { UseCases } from "../service/use-cases.ts";
import { paths } from "./paths.ts";
import { SetupPage } from "./setup.page.tsx";

const SetupForm = z.object({
  token: z.string().trim().min(1, "paste the setup token").max(200),
  email: Email,
  name: PersonName,
  password: Password,
});

/** The first page of a new platform. */
export const setupPages = ({ setup, sessions }: UseCases): Page[] => {
  const view = (values: Record<string, string>, errors?: FormErrors): PageView => ({
    title: "Set up Homeport",
    layout: "bare",
    body: <SetupPage values={values} errors={errors} />,
    status: errors === undefined ? 200 : 422,
  });
  return [
    {
      path: paths.setup,
      action: "setup:claim",
      resource: "public",
      render: async ({ url }) =>
        (await setup.isNeeded()) ? view({ token: url.searchParams.get("token") ?? "" }) : seeOther(paths.signIn),
    },
    {
      method: "POST",
      path: paths.setup,
      action: "setup:claim",
      resource: "public",
      render: async (context) => {
        const values = await context.form();
        return withFormErrors<Response | PageView>(
          async () => {
            const member = await setup.claim(parseForm(SetupForm, values));
            const token = await sessions.open(member.personId, member.organisationId, toClient(context));
            return seeOther(HOME, { "set-cookie": sessionCookie(token, context.origin) });
          },
          (errors) => view(values, errors),
        );
      },
    },
  ];
};
