import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import { LinkButton, PageHeader, Tabs } from "@homeport/ui";
import type { ReactNode } from "react";
import { mayManage } from "../role.ts";
import { organisationPaths as paths } from "./organisation-paths.ts";

const TABS = {
  members: { href: paths.members, label: "Members" },
  teams: { href: paths.teams, label: "Teams" },
  projects: { href: paths.projects, label: "Projects" },
  invites: { href: paths.invites, label: "Invites" },
  serviceAccounts: { href: paths.serviceAccounts, label: "Service accounts" },
  settings: { href: paths.settings, label: "Settings" },
  audit: { href: paths.audit, label: "Audit log" },
} as const;

export const ADMINS_ONLY = "Only owners and admins of the organisation can do this.";

/** Why somebody cannot change what is on the page; undefined for who can. */
export const adminReason = (member: Pick<MemberPrincipal, "role">): string | undefined =>
  isAdmin(member) ? undefined : ADMINS_ONLY;

const isAdmin = ({ role }: Pick<MemberPrincipal, "role">): boolean => mayManage(role, "member");

/** Why a tab stays closed to somebody. */
const closedFor = (id: keyof typeof TABS, { role, grants }: MemberPrincipal): string | undefined => {
  if (mayManage(role, "member")) return undefined;
  if (id === "audit") return role === "auditor" ? undefined : "Only owners, admins and auditors read it.";
  if (id === "projects") {
    return grants.some((grant) => grant.role === "admin" && grant.environmentId === null)
      ? undefined
      : "Only owners and admins, and admins of a project, see who works in it.";
  }
  return id === "invites" || id === "serviceAccounts" ? ADMINS_ONLY : undefined;
};

type Props = { tab: keyof typeof TABS; member: MemberPrincipal; children: ReactNode };

/** What the pages of an organisation have in common. */
export const OrganisationFrame = ({ tab, member, children }: Props) => (
  <>
    <PageHeader
      title="Organisation"
      description={
        <>
          You are working in <strong>{member.organisationSlug}</strong> as {member.role}.
        </>
      }
      actions={<LinkButton href={paths.mine}>Switch organisation</LinkButton>}
    />
    <Tabs
      label="Organisation"
      items={Object.entries(TABS).map(([id, { href, label }]) => ({
        href,
        label,
        current: id === tab,
        disabledReason: closedFor(id as keyof typeof TABS, member),
      }))}
    />
    {children}
  </>
);
