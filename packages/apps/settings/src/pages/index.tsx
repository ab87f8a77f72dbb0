import type { Page } from "@homeport/kit/page.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { keysPages } from "./keys-pages.tsx";
import { settingsPages } from "./settings-pages.tsx";
import { transferPages } from "./transfer-pages.tsx";

export const pages = (deps: SettingsDeps): Page[] => [
  ...settingsPages(deps),
  ...transferPages(deps),
  ...keysPages(deps),
];
