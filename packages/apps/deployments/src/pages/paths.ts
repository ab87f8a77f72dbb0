/** Every address of this app's pages; nothing else builds one. */
export const paths = {
  projects: () => "/projects",
  newProject: () => "/projects/new",
  project: (project: string) => `/projects/${project}`,
  newService: (project: string) => `/projects/${project}/new`,
  protect: (project: string, environment: string) => `/projects/${project}/protect?environment=${environment}`,
  secrets: (project: string) => `/projects/${project}/secrets`,
  newSecretGroup: (project: string) => `/projects/${project}/secrets/new`,
  secretGroup: (project: string, group: string) => `/projects/${project}/secrets/${group}`,
  service: (project: string, service: string) => `/projects/${project}/${service}`,
  releases: (project: string, service: string) => `/projects/${project}/${service}/releases`,
  variables: (project: string, service: string) => `/projects/${project}/${service}/variables`,
  attachedGroups: (project: string, service: string) => `/projects/${project}/${service}/variables/groups`,
  logs: (project: string, service: string) => `/projects/${project}/${service}/logs`,
  settings: (project: string, service: string) => `/projects/${project}/${service}/settings`,
  deployment: (project: string, service: string, deployment: string) =>
    `/projects/${project}/${service}/deployments/${deployment}`,
};
