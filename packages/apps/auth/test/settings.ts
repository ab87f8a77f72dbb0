import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type ReadSetting, settings } from "../src/settings.ts";
import type { World } from "./world.ts";

/** Reads the defaults, as where nobody has set anything. */
export const defaultSetting = ((key: string) => {
  const declared = settings.find((setting) => setting.key === key);
  return declared !== undefined && "default" in declared ? declared.default : null;
}) as ReadSetting;

const MARK = "password-sign-in";

/**
 * Stores settings as the settings app does, and waits until the app has read them: all are read at once, and one of them
 * shows in the list of the ways to sign in.
 */
export const storeSettings = async (world: World, values: Record<string, string | boolean | number>): Promise<void> => {
  for (const [key, value] of Object.entries(values)) await store(world, key, value);
  const wanted = values[MARK] !== false;
  await store(world, MARK, !wanted);
  await waitFor(async () => (await offersPasswords(world)) !== wanted);
  await store(world, MARK, wanted);
  await waitFor(async () => (await offersPasswords(world)) === wanted);
};

const store = (world: World, key: string, value: string | boolean | number) => world.database.admin`
  insert into platform.settings (app, key, value, updated_by, updated_at, version)
  values ('auth', ${key}, ${world.database.admin.json(value)}, 'Ada', now(), 1)
  on conflict (app, key) do update set value = excluded.value`;

const offersPasswords = async (world: World): Promise<boolean> =>
  (await world.get("/sign-in/methods")).body.items.some(({ id }: { id: string }) => id === "password");
