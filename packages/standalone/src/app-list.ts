import type { AppDefinition } from "@homeport/kit/app.ts";
import { APPS } from "./apps.generated.ts";

/** Every app with its folder, from the root of the repository. */
export const appFolders = Object.keys(APPS).map((id) => ({ id, dir: `packages/apps/${id}` }));

/** Loads the code of every app; nothing is started. */
export const loadApps = async (): Promise<AppDefinition[]> => {
  const modules = await Promise.all(Object.values(APPS).map((load) => load()));
  return modules.map(({ app }) => app as unknown as AppDefinition);
};
