import type { Page } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { acceptInvitePages } from "./accept-invite-pages.tsx";
import { auditPages } from "./audit-pages.tsx";
import { codePages } from "./code-pages.tsx";
import { confirmIdentityPages } from "./confirm-identity-pages.tsx";
import { devicePages } from "./device-pages.tsx";
import { gatePages } from "./gate-pages.tsx";
import { grantPages } from "./grant-pages.tsx";
import { invitePages } from "./invite-pages.tsx";
import { linkPages } from "./link-pages.tsx";
import { memberPages } from "./member-pages.tsx";
import { organisationPages } from "./organisation-pages.tsx";
import { peoplePages } from "./people-pages.tsx";
import { platformOrganisationPages } from "./platform-organisation-pages.tsx";
import { profilePages } from "./profile-pages.tsx";
import { securityPages } from "./security-pages.tsx";
import { serviceAccountPages } from "./service-account-pages.tsx";
import { sessionPages } from "./session-pages.tsx";
import { setupPages } from "./setup-pages.tsx";
import { signInAdminPages } from "./sign-in-admin-pages.tsx";
import { signInPages } from "./sign-in-pages.tsx";
import { teamPages } from "./team-pages.tsx";
import { tokenPages } from "./token-pages.tsx";

/** Every page of the app with its forms: they work without scripts. */
export const pages = (useCases: UseCases): Page[] => [
  ...setupPages(useCases),
  ...signInPages(useCases),
  ...linkPages(useCases),
  ...codePages(useCases),
  ...confirmIdentityPages(useCases),
  ...devicePages(useCases),
  ...securityPages(useCases),
  ...signInAdminPages(useCases),
  ...gatePages(useCases),
  ...profilePages(useCases),
  ...sessionPages(useCases),
  ...tokenPages(useCases),
  ...peoplePages(useCases),
  ...platformOrganisationPages(useCases),
  ...auditPages(useCases.auditLogs),
  ...organisationPages(useCases),
  ...memberPages(useCases),
  ...teamPages(useCases),
  ...grantPages(useCases),
  ...invitePages(useCases),
  ...serviceAccountPages(useCases),
  ...acceptInvitePages(useCases),
];
