import type { Id, OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import type { Actor } from "./actor.ts";

export type HookId = Id<"hook">;

/** Whose form deliveries have. `generic` is for scripts: a small body of our own, signed as GitHub does. */
export const HOOK_PROVIDERS = ["github", "gitlab", "gitea", "forgejo", "generic"] as const;
export type HookProvider = (typeof HOOK_PROVIDERS)[number];

/** How pushes to one repository reach one project: every service there that is built from it is considered. */
export type Hook = {
  id: HookId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  provider: HookProvider;
  url: string;
  /** The address, normalised: of all spellings of one repository it is the same. */
  repository: string;
  createdBy: Actor;
  createdAt: Date;
  rotatedAt: Date | null;
  /** Until then the secret before the current one holds, too. */
  formerUntil: Date | null;
  lastDeliveryAt: Date | null;
};

/** How long the secret before holds after a rotation: time to tell the repository's server the new one. */
export const FORMER_SECRET_HOURS = 24;

/** Of one project; each is a repository. */
export const MAX_HOOKS = 100;
