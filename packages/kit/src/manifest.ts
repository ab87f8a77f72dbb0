import { z } from "zod";
import type { Policy } from "./authorize.ts";
import { listEnv } from "./env.ts";
import { Command, NavItem, RoutePrefix, Widget } from "./registry/record.ts";
import type { SettingDeclaration } from "./settings/declaration.ts";
import { settingEnvEntries } from "./settings/environment.ts";
import { DeclaredSettings } from "./settings/schema.ts";

/** What the platform learns of an app before any of its code runs. Plain data: lists and docs are generated from it. */
export type Manifest = {
  id: string;
  name: string;
  /** One sentence for operators: what the app owns. */
  description: string;
  /** A lucide icon name. */
  icon: string;
  /** Path prefixes the gateway sends here, besides `/api/v1/<id>` which every app has. */
  routes: readonly string[];
  nav?: readonly NavItem[];
  commands?: readonly Command[];
  widgets?: readonly Widget[];
  /** What operators can change while it runs; read with `settingsOf`. */
  settings?: readonly SettingDeclaration[];
  /** Every action of the app with who may do it. */
  actions: Policy;
};

const Shape = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  name: z.string().min(1).max(60),
  description: z.string().min(1).max(200),
  icon: z.string().min(1).max(40),
  routes: z.array(RoutePrefix).max(60),
  nav: z.array(NavItem).max(32).optional(),
  commands: z.array(Command).max(64).optional(),
  widgets: z.array(Widget).max(16).optional(),
  settings: DeclaredSettings.optional(),
});

/** Checks a manifest where it is written. @throws {Error} naming what is wrong */
export const defineManifest = (manifest: Manifest): Manifest => {
  const parsed = Shape.safeParse(manifest);
  if (!parsed.success) throw new Error(`The manifest of ${manifest.id} is wrong: ${z.prettifyError(parsed.error)}`);
  listEnv(settingEnvEntries(manifest.id, manifest.settings ?? []));
  return manifest;
};
