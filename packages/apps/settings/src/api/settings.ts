import type { Handlers } from "@homeport/kit/http/api.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { contract } from "../contract.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { listSettings, putSettings, resetSettings } from "../service/settings.ts";
import { exportSettings, importSettings } from "../service/transfer.ts";
import { toAppSettingsView } from "./to-wire.ts";

export const settingHandlers = (deps: SettingsDeps): Handlers<typeof contract.settings> => ({
  async list() {
    return { items: (await listSettings(deps)).map(toAppSettingsView) };
  },
  async put(context, { values }) {
    return { changed: await putSettings(deps, values, actorOf(memberOf(context))) };
  },
  async reset(context, { names }) {
    return { changed: await resetSettings(deps, names, actorOf(memberOf(context))) };
  },
  export: () => exportSettings(deps),
  import: (context, { document, ...options }) => importSettings(deps, document, options, actorOf(memberOf(context))),
});
