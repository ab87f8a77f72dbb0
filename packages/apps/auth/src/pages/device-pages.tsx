import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { personOf } from "@homeport/kit/http/context.ts";
import type { Page, PageContext, PageView } from "@homeport/kit/page.ts";
import { z } from "zod";
import type { UseCases } from "../service/use-cases.ts";
import { DecidedDevicePage, DevicePage, EnterCodePage } from "./device.page.tsx";
import { signInPaths } from "./sign-in-paths.ts";

const CodeForm = z.object({ code: z.string().trim().min(1, "type the code").max(20) });
const DecisionForm = CodeForm.extend({ decision: z.enum(["approve", "deny"]) });

/** Where somebody lets a command line in that waits for them. */
export const devicePages = ({ devices }: UseCases): Page[] => {
  const codeView = (values: Record<string, string>, errors?: FormErrors, status = 422): PageView => ({
    title: "Sign a device in",
    layout: "bare",
    body: <EnterCodePage values={values} errors={errors} />,
    status: errors === undefined ? 200 : status,
  });
  const page = (
    path: Page["path"],
    submit: (context: PageContext, values: Record<string, string>) => Promise<PageView>,
  ): Page => ({
    method: "POST",
    path,
    action: "device:approve",
    resource: "organisation",
    render: async (context) => {
      const values = await context.form();
      return withFormErrors(
        () => submit(context, values),
        (errors, err) => codeView(values, errors, err.code === "rate_limited" ? err.status : 422),
      );
    },
  });
  return [
    {
      path: signInPaths.device,
      action: "device:approve",
      resource: "organisation",
      render: async ({ url }) => codeView({ code: (url.searchParams.get("code") ?? "").slice(0, 20) }),
    },
    page(signInPaths.device, async (context, values) => {
      const device = await devices.get(personOf(context), parseForm(CodeForm, values).code);
      const member = personOf(context);
      return { title: "Sign a device in", layout: "bare", body: <DevicePage device={device} member={member} /> };
    }),
    page(signInPaths.decideDevice, async (context, values) => {
      const { code, decision } = parseForm(DecisionForm, values);
      const isApproved = decision === "approve";
      const device = await devices.decide(personOf(context), code, isApproved);
      const body = <DecidedDevicePage clientName={device.clientName} isApproved={isApproved} />;
      return { title: isApproved ? "Signed in" : "Refused", layout: "bare", body };
    }),
  ];
};
