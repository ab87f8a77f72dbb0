import type { Link } from "@homeport/kit/audit/chain.ts";
import type { AuditRecord } from "@homeport/kit/audit/record.ts";
import type { Resource } from "@homeport/kit/authorize.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";

/** An entry with its place in the chain. */
export type LoggedEntry = Link & { record: AuditRecord };

/** Which entries are wanted; null for whatever it is. */
export type AuditFilter = {
  /** What the action begins with: `project:` is everything done to projects. */
  action: string | null;
  /** The ids of who did it, of what it was done to, and of the project that is in. */
  actor: string | null;
  subject: string | null;
  project: string | null;
  /** From this moment on, and before that one. */
  from: Date | null;
  to: Date | null;
  /** Somewhere in the entry, in any case. */
  text: string | null;
};

/** The two kinds of audit log: the same routes and pages, with actions and addresses of their own. */
export type AuditLog = {
  resource: "organisation" | "platform";
  read: `${string}:read`;
  verify: `${string}:verify`;
  /** Below the app's prefix. */
  api: `/${string}`;
  page: `/${string}`;
  title: string;
  description: string;
};

export const ORGANISATION_LOG: AuditLog = {
  resource: "organisation",
  read: "audit:read",
  verify: "audit:verify",
  api: "/audit",
  page: "/organisation/audit",
  title: "Audit log",
  description: "Every change in this organisation: who made it, from where, and what was there before.",
};

export const INSTANCE_LOG: AuditLog = {
  resource: "platform",
  read: "instance-audit:read",
  verify: "instance-audit:verify",
  api: "/admin/audit",
  page: "/admin/audit",
  title: "Audit log of the platform",
  description: "Every change to the platform itself: its people, settings, nodes and gateway.",
};

/** Whose entries a caller was let through to; null for the platform's. @throws {DomainError} forbidden */
export const logOwner = (log: AuditLog, { organisationId }: Resource): OrganisationId | null => {
  if (log.resource === "platform") return null;
  if (organisationId !== null) return organisationId;
  throw new DomainError("forbidden", "Only members of an organisation can do this.");
};
