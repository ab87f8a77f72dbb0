import type { Resource } from "@homeport/kit/authorize.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import { type Check, rightsFor } from "../change-access.ts";
import type { Applying, StoredChange, Value } from "../state/applying.ts";

type May = CallContext["may"];

/** Staging changes nothing, so it is open to who may do such a thing at all, also where something is protected. */
export type Purpose = "stage" | "apply";

/** @throws {DomainError} not_found, for a place that the caller may not know of; forbidden */
export const requireRights = (
  may: May,
  applying: Applying,
  change: StoredChange,
  value: Value,
  purpose: Purpose,
): void => {
  for (const check of rightsFor(applying, change, value)) requireRight(may, check, purpose);
};

/** The same of one right. */
export const requireRight = (may: May, { action, resource, where }: Check, purpose: Purpose): void => {
  if (may(action, purpose === "stage" ? { ...resource, isProtected: false } : resource)) return;
  if (!mayKnow(may, resource)) throw new DomainError("not_found", `There is no ${resource.kind} like that.`);
  if (resource.isProtected === true && may(action, { ...resource, isProtected: false })) {
    throw new DomainError("forbidden", `${where} is protected: your role does not allow ${action} there.`);
  }
  throw new DomainError("forbidden", `Your role does not allow ${action} in ${where}.`);
};

const mayKnow = (may: May, resource: Resource): boolean =>
  may("environment:read", resource) || may("project:read", resource);

/** Whether somebody may see what a change is about. */
export const maySeeChange = (may: May, applying: Applying, change: StoredChange): boolean => {
  try {
    const read = change.op.startsWith("variable.") ? "variable:read" : "service:read";
    return rightsFor(applying, change, null).every(
      ({ resource }) => may(read, resource) || may("project:read", resource),
    );
  } catch (err) {
    // What it is about is gone, so nobody can see it.
    if (err instanceof DomainError) return true;
    throw err;
  }
};
