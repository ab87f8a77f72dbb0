import { credentialContract } from "@homeport/kit/credential-contract.ts";
import { gateContract } from "@homeport/kit/gate-contract.ts";
import { authenticatorContract, passwordContract } from "./contract/account-security.ts";
import { auditContract } from "./contract/audit.ts";
import { deviceContract } from "./contract/device.ts";
import { grantContract } from "./contract/grants.ts";
import { inviteContract } from "./contract/invites.ts";
import { mailContract } from "./contract/mail.ts";
import { memberContract } from "./contract/members.ts";
import { organisationContract } from "./contract/organisations.ts";
import { peopleContract } from "./contract/people.ts";
import { platformOrganisationContract } from "./contract/platform-organisations.ts";
import { me, profileContract, whoami } from "./contract/profile.ts";
import { serviceAccountContract } from "./contract/service-accounts.ts";
import { sessionContract } from "./contract/sessions.ts";
import { setupContract } from "./contract/setup.ts";
import { signInContract } from "./contract/sign-in.ts";
import { ruleContract } from "./contract/sign-in-rules.ts";
import { teamContract } from "./contract/teams.ts";
import { tokenContract } from "./contract/tokens.ts";

/** Each group of routes has its file in contract/. */
export const contract = {
  setup: setupContract,
  sessions: sessionContract,
  me,
  whoami,
  profile: profileContract,
  people: peopleContract,
  platformOrganisations: platformOrganisationContract,
  organisations: organisationContract,
  members: memberContract,
  teams: teamContract,
  grants: grantContract,
  invites: inviteContract,
  serviceAccounts: serviceAccountContract,
  tokens: tokenContract,
  credentials: credentialContract,
  signIn: signInContract,
  password: passwordContract,
  authenticator: authenticatorContract,
  rules: ruleContract,
  device: deviceContract,
  mail: mailContract,
  gate: gateContract,
  ...auditContract,
};
