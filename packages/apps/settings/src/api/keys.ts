import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { SettingsDeps } from "../service/deps.ts";
import { listKeys, removeKey, rotateKey } from "../service/keys.ts";
import { toKeyView } from "./to-wire.ts";

export const keyHandlers = (deps: SettingsDeps): Handlers<typeof contract.keys> => ({
  async list() {
    return { items: (await listKeys(deps)).map(toKeyView) };
  },
  rotate: () => rotateKey(deps),
  async remove(_context, { id }) {
    await removeKey(deps, id);
    return { removed: true };
  },
});
