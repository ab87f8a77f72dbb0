import type { Id, OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import { z } from "zod";

export type SecretGroupId = Id<"secret-group">;

/** Secrets that several services of a project share. Its version rises with each change of an item. */
export type SecretGroup = {
  id: SecretGroupId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  slug: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** When a release last took its items. */
  lastUsedAt: Date | null;
};

export type ListedSecretGroup = SecretGroup & { itemCount: number; serviceCount: number };

/** The version of a group that a release took, under its name of then. */
export type TakenGroup = { slug: string; version: number };
/** By the group's id. */
export type TakenGroups = Record<string, TakenGroup>;

/** Fit for the name of a file, and often for that of a variable. */
export const SecretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, "use letters, digits, _, . and -, starting with a letter or _");

export const MAX_ITEMS = 100;
/** Of all values of a group together. */
export const MAX_GROUP_BYTES = 32 * 1024;
/** A release travels in one request, with the files and variables of all groups. */
export const MAX_GROUPS_OF_SERVICE = 8;
/** A change of a group may deploy all of them anew. */
export const MAX_SERVICES_OF_GROUP = 50;

export const SecretValue = z
  .string()
  .max(MAX_GROUP_BYTES)
  .refine((value) => !value.includes("\0"), "must not contain NUL");

export const SecretValues = z
  .record(SecretName, SecretValue)
  .refine((values) => Object.keys(values).length <= MAX_ITEMS, `at most ${MAX_ITEMS} at once`);
