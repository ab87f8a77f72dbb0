import { DomainError } from "@homeport/kit/errors.ts";
import { type Page, type PageContext, seeOther } from "@homeport/kit/page.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { listKeys, removeKey, rotateKey } from "../service/keys.ts";
import { KeysPage, RemoveKeyPage, RotateKeyPage } from "./keys.page.tsx";
import { paths } from "./paths.ts";

export const keysPages = (deps: SettingsDeps): Page[] => [
  {
    path: "/admin/settings/keys",
    action: "key:read",
    resource: "platform",
    render: async () => ({ title: "Keys", body: <KeysPage keys={await listKeys(deps)} now={deps.clock()} /> }),
  },
  {
    method: "POST",
    path: "/admin/settings/keys/rotate",
    action: "key:rotate",
    resource: "platform",
    async render(context) {
      if (!(await isConfirmed(context))) return { title: "Make a new key?", body: <RotateKeyPage /> };
      await rotateKey(deps);
      return seeOther(paths.keys());
    },
  },
  {
    method: "POST",
    path: "/admin/settings/keys/:id/remove",
    action: "key:rotate",
    resource: "platform",
    async render(context) {
      const id = keyIdOf(context);
      if (!(await isConfirmed(context))) return { title: `Remove key ${id}?`, body: <RemoveKeyPage id={id} /> };
      await removeKey(deps, id);
      return seeOther(paths.keys());
    },
  },
];

const isConfirmed = async (context: PageContext): Promise<boolean> => (await context.form()).confirm === "yes";

/** @throws {DomainError} not_found */
const keyIdOf = ({ params }: PageContext): number => {
  const { id = "" } = params;
  if (/^[1-9]\d{0,8}$/.test(id)) return Number(id);
  throw new DomainError("not_found", "There is no such key.");
};
