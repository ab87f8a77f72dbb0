import type { Resource } from "@homeport/kit/authorize.ts";
import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";

type Caller = Pick<CallContext, "principal" | "mayOnceVerified">;

/** Why a control is disabled for the caller, in words that name their role; undefined when they may use it. */
export const reasonAgainst = (context: Caller, action: string, resource: Resource): string | undefined => {
  if (context.mayOnceVerified(action, resource)) return undefined;
  const roles = rolesAt(context, resource);
  const named = roles.length === 1 ? `role, ${roles[0]}, does` : `roles, ${roles.join(" and ")}, do`;
  const mayUnprotected =
    resource.isProtected === true && context.mayOnceVerified(action, { ...resource, isProtected: false });
  return mayUnprotected
    ? `This environment is protected: your ${named} not allow this.`
    : `Your ${named} not allow this.`;
};

/** What somebody has been granted says more than that they are a member. */
const rolesAt = (context: Caller, { projectId, environmentId }: Resource): string[] => {
  const { role, grants } = memberOf(context);
  const granted = grants.filter(
    (grant) => grant.projectId === projectId && (grant.environmentId === null || grant.environmentId === environmentId),
  );
  const held = new Set([role, ...granted.map((grant) => grant.role)]);
  if (held.size > 1) held.delete("member");
  return [...held];
};
