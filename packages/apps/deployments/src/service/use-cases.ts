import type { UrlConfig } from "../host.ts";
import type { Deploys } from "./deploy.ts";
import type { Projects } from "./projects.ts";
import type { Reads } from "./reads.ts";
import type { Services } from "./services.ts";
import type { Variables } from "./variables.ts";

/** What handlers and pages work with. */
export type UseCases = {
  projects: Projects;
  services: Services;
  deploys: Deploys;
  variables: Variables;
  reads: Reads;
  urls: UrlConfig;
};
