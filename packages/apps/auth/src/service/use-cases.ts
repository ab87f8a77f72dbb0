import type { ApiTokens } from "./api-tokens.ts";
import type { AuditLogs } from "./audit.ts";
import type { Departures } from "./departures.ts";
import type { EmailChanges } from "./email-changes.ts";
import type { Gates } from "./gates.ts";
import type { Mails } from "./mails.ts";
import type { OrganisationUseCases } from "./organisation-use-cases.ts";
import type { People } from "./people.ts";
import type { PlatformOrganisations } from "./platform-organisations.ts";
import type { PlatformPeople } from "./platform-people.ts";
import type { Profiles } from "./profile.ts";
import type { Sessions } from "./sessions.ts";
import type { Setup } from "./setup.ts";
import type { SignInUseCases } from "./sign-in-use-cases.ts";

/** What handlers and pages work with. */
export type UseCases = OrganisationUseCases &
  SignInUseCases & {
    setup: Setup;
    sessions: Sessions;
    tokens: ApiTokens;
    people: People;
    gates: Gates;
    auditLogs: AuditLogs;
    mails: Mails;
    profiles: Profiles;
    emailChanges: EmailChanges;
    departures: Departures;
    platformPeople: PlatformPeople;
    platformOrganisations: PlatformOrganisations;
  };
