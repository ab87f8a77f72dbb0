import { DomainError } from "@homeport/kit/errors.ts";
import { withFormErrors } from "@homeport/kit/form.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { invalidFrom } from "@homeport/kit/http/problem.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import { SettingsDocument } from "../document.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { exportSettings, type ImportResult, importSettings } from "../service/transfer.ts";
import { paths } from "./paths.ts";
import { TransferPage } from "./transfer.page.tsx";

export const transferPages = (deps: SettingsDeps): Page[] => [
  {
    path: "/admin/settings/transfer",
    action: "setting:read",
    resource: "platform",
    render: async () => ({ title: "Export and import of settings", body: <TransferPage document="" /> }),
  },
  {
    path: "/admin/settings/transfer/export",
    action: "setting:read",
    resource: "platform",
    async render() {
      const document = await exportSettings(deps);
      return new Response(`${JSON.stringify(document, null, 2)}\n`, {
        headers: {
          "content-type": "application/json",
          "content-disposition": `attachment; filename="homeport-settings-${document.exportedAt.slice(0, 10)}.json"`,
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
        },
      });
    },
  },
  {
    method: "POST",
    path: "/admin/settings/transfer",
    action: "setting:write",
    resource: "platform",
    render: (context) => takeDocument(deps, context),
  },
];

const takeDocument = async (deps: SettingsDeps, context: PageContext): Promise<PageView | Response> => {
  const { document = "", apply } = await context.form();
  const dryRun = apply !== "yes";
  return withFormErrors<PageView | Response>(
    async () => {
      const options = { dryRun, strict: false };
      const result = await importSettings(deps, parseDocument(document), options, actorOf(memberOf(context)));
      return dryRun ? transferView(document, result) : seeOther(paths.settings());
    },
    (_errors, err) => ({
      title: "Export and import of settings",
      body: <TransferPage document={document} errors={{ fields: { document: err.message } }} />,
      status: 422,
    }),
  );
};

const transferView = (document: string, preview: ImportResult): PageView => ({
  title: "Export and import of settings",
  body: <TransferPage document={document} preview={preview} />,
});

/** @throws {DomainError} invalid */
const parseDocument = (text: string): SettingsDocument => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (err) {
    throw new DomainError("invalid", "This is not JSON.", { cause: err });
  }
  const parsed = SettingsDocument.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidFrom(parsed.error);
};
