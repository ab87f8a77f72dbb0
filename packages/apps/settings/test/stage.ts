import { type AppDefinition, defineApp } from "@homeport/kit/app.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import { type AppSettings, settingsOf, type TypedSettings } from "@homeport/kit/settings/app-settings.ts";
import { defineSettings, type SettingDeclaration } from "@homeport/kit/settings/declaration.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "@homeport/kit/test/app.ts";
import { app as settings } from "../src/index.ts";

const orders = { group: "Orders", description: "What this is for." };
const mail = { group: "Mail", description: "How letters go out." };

/** One setting of each type. */
export const shopSettings = defineSettings([
  {
    ...orders,
    key: "days",
    label: "Days",
    type: "integer",
    default: 14,
    min: 1,
    max: 100,
    unit: "days",
    env: "HOMEPORT_SHOP_DAYS",
  },
  { ...orders, key: "open", label: "Open for orders", type: "boolean", default: true },
  { ...orders, key: "hosts", label: "Hosts", type: "lines", default: [], maxItems: 3 },
  { ...mail, key: "sender", label: "Sender", type: "email", default: "" },
  { ...mail, key: "greeting", label: "Greeting", type: "text", default: "Hello", maxLength: 20 },
  { ...mail, key: "site", label: "Site", type: "url", default: "" },
  {
    ...mail,
    key: "mode",
    label: "Mode",
    type: "choice",
    default: "fast",
    options: [
      { value: "fast", label: "Fast" },
      { value: "careful", label: "Careful" },
    ],
  },
  { ...mail, key: "relay", label: "Password of the relay", type: "secret", env: "HOMEPORT_SHOP_RELAY" },
]);

/** Another app of the platform, with a look at what it reads. */
export const createShop = (
  id = "shop",
  declared: readonly SettingDeclaration[] = shopSettings,
): { app: AppDefinition; get: TypedSettings<typeof shopSettings>["get"] } => {
  let read: AppSettings | undefined;
  const app = defineApp({
    manifest: defineManifest({
      id,
      name: id === "shop" ? "Shop" : id,
      description: "Sells things.",
      icon: "store",
      routes: [],
      settings: declared,
      actions: {},
    }),
    contract: {},
    start(context) {
      read = context.settings;
      return { handlers: {} };
    },
  });
  return { app, get: (key) => settingsOf({ settings: read! }, shopSettings).get(key) };
};

export type World = {
  platform: TestApp;
  owner: Record<string, string>;
  get: TypedSettings<typeof shopSettings>["get"];
  api: (method: string, path: string, body?: unknown) => ReturnType<TestApp["json"]>;
  /** One setting as the API lists it. */
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came back
  setting(name: string): Promise<any>;
  put(values: Record<string, unknown>): ReturnType<TestApp["json"]>;
  /** What a form of the pages answers. */
  submit(path: string, fields: Record<string, string>): Promise<Response>;
};

/** The settings app and a shop with settings, as they run. */
export const createWorld = async (options: TestAppOptions = {}): Promise<World> => {
  const shop = createShop();
  const platform = await startTestApp(settings, { with: [shop.app], ...options });
  const owner = platform.home.headers("owner", ["*", "key:rotate"]);
  const api: World["api"] = (method, path, body) => platform.json(method, `/api/v1/settings${path}`, owner, body);
  return {
    platform,
    owner,
    get: shop.get,
    api,
    async setting(name) {
      const { body } = await api("GET", "/values");
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const all = body.items.flatMap((app: any) => app.settings);
      return all.find((setting: { name: string }) => setting.name === name);
    },
    put: (values) => api("PUT", "/values", { values }),
    submit: (path, fields) =>
      platform.request(path, {
        method: "POST",
        headers: { ...owner, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields).toString(),
      }),
  };
};
