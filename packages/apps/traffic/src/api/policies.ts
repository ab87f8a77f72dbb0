import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { TrafficDeps } from "../service/deps.ts";
import { editorOf } from "../service/editor.ts";
import { findPolicy, pageOfPolicies, putPolicy, removePolicy } from "../service/policies.ts";
import { toPolicyView } from "./to-wire.ts";

export const policyHandlers = (deps: TrafficDeps): Handlers<typeof contract.policies> => ({
  async list(_context, page) {
    const { items, nextCursor } = await pageOfPolicies(deps, page);
    return { items: items.map(toPolicyView), nextCursor };
  },
  async get(_context, { host }) {
    const policy = await findPolicy(deps.sql, host);
    if (policy === null) throw new DomainError("not_found", `There is no policy of ${host}.`);
    return toPolicyView(policy);
  },
  async put(context, { host, ...policy }) {
    return toPolicyView(await putPolicy(deps, host, policy, editorOf(context)));
  },
  async remove(context, { host }) {
    return { removed: await removePolicy(deps, host, editorOf(context)) };
  },
});
