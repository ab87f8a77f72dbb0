import type { UrlConfig } from "../host.ts";
import type { Deploys } from "./deploy.ts";
import type { Environments } from "./environments.ts";
import type { Projects } from "./projects.ts";
import type { Reads } from "./reads.ts";
import type { RedeployUsers } from "./redeploy-users.ts";
import type { Reveals } from "./reveal.ts";
import type { SecretAttachments } from "./secret-attachments.ts";
import type { SecretGroups } from "./secret-groups.ts";
import type { Services } from "./services.ts";
import type { Variables } from "./variables.ts";

/** What handlers and pages work with. */
export type UseCases = {
  projects: Projects;
  environments: Environments;
  services: Services;
  deploys: Deploys;
  variables: Variables;
  secretGroups: SecretGroups;
  secretAttachments: SecretAttachments;
  redeployUsers: RedeployUsers;
  reveals: Reveals;
  reads: Reads;
  urls: UrlConfig;
};
