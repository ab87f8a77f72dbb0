import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, withFormErrors } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { listSettings, putSettings, resetSettings } from "../service/settings.ts";
import type { Setting } from "../setting.ts";
import { paths } from "./paths.ts";
import { changedValues, type Fields } from "./setting-values.ts";
import { type Refused, SettingsPage } from "./settings.page.tsx";

export const settingsPages = (deps: SettingsDeps): Page[] => {
  const view = async (refused?: Refused): Promise<PageView> => ({
    title: "Settings",
    body: <SettingsPage apps={await listSettings(deps)} refused={refused} now={deps.clock()} />,
    status: refused === undefined ? 200 : 422,
  });
  return [
    { path: "/admin/settings", action: "setting:read", resource: "platform", render: () => view() },
    {
      method: "POST",
      path: "/admin/settings/values",
      action: "setting:write",
      resource: "platform",
      async render(context) {
        const fields = await context.form();
        const { app = "", group = "" } = fields;
        const apps = await listSettings(deps);
        const settings = apps
          .flatMap((each) => each.settings)
          .filter((setting) => setting.app === app && setting.declaration.group === group);
        return withFormErrors<PageView | Response>(
          async () => {
            if (settings.length === 0)
              throw new DomainError("conflict", "The settings of this form are no longer there.");
            await putSettings(
              deps,
              changedValues(settings, fields),
              actorOf(memberOf(context)),
              seenBy(fields, settings),
            );
            return seeOther(paths.settings(app));
          },
          (errors) => view({ app, group, fields, errors: askAgain(settings, fields, errors) }),
        );
      },
    },
    {
      method: "POST",
      path: "/admin/settings/reset",
      action: "setting:write",
      resource: "platform",
      render: (context) => reset(deps, context),
    },
  ];
};

const reset = async (deps: SettingsDeps, context: PageContext): Promise<Response> => {
  const { name = "", app } = await context.form();
  await resetSettings(deps, [name], actorOf(memberOf(context)));
  return seeOther(paths.settings(app));
};

const seenBy = (fields: Fields, settings: readonly Setting[]) => ({
  version: /^\d{1,15}$/.test(fields.version ?? "") ? Number(fields.version) : 0,
  among: settings.map(({ name }) => name),
});

/** A secret is not sent back to the page: without a word, who sends the form again would keep the old one. */
const askAgain = (settings: readonly Setting[], fields: Fields, errors: FormErrors): FormErrors => {
  const typed = settings.filter(({ name, declaration }) => declaration.type === "secret" && fields[name]);
  const again = typed.map(({ name }) => [name, "Type it again: secrets are not sent back."] as const);
  return { ...errors, fields: { ...Object.fromEntries(again), ...errors.fields } };
};
