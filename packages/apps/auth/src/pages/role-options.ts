import { PROJECT_ROLES, ROLES, type Role } from "@homeport/kit/principal.ts";
import { mayManage } from "../role.ts";

const WORDS: Record<Role, string> = {
  owner: "Owner: everything, the organisation itself too",
  admin: "Admin: everything in all projects, and who belongs here",
  auditor: "Auditor: reads everything but secrets, and the audit log",
  deployer: "Deployer: deploys in all projects, protected environments too",
  developer: "Developer: changes and deploys in all projects",
  viewer: "Viewer: reads all projects",
  member: "Member: only what teams and projects give",
};

/** The roles that somebody may give in the organisation. */
export const roleOptions = (own: Role) =>
  ROLES.filter((role) => mayManage(own, role)).map((role) => ({ value: role, label: WORDS[role] }));

/** The same for a service account, which owns nothing. */
export const serviceAccountRoleOptions = (own: Role) => roleOptions(own).filter(({ value }) => value !== "owner");

const PROJECT_WORDS = {
  admin: "Admin: everything in it, and who works there",
  deployer: "Deployer: deploys, protected environments too",
  developer: "Developer: changes and deploys",
  viewer: "Viewer: reads",
} as const satisfies Record<(typeof PROJECT_ROLES)[number], string>;

export const projectRoleOptions = PROJECT_ROLES.map((role) => ({ value: role, label: PROJECT_WORDS[role] }));
