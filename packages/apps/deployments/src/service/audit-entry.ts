import type { Service } from "../service.ts";

/** What an entry of the audit log about a service begins with. */
export const serviceEntry = (action: string, { organisationId, projectId, id, slug }: Service) => ({
  app: "deployments",
  action,
  organisationId,
  projectId,
  subject: { kind: "service", id, name: slug },
});
