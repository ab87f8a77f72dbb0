/** Every address of this app's pages; nothing else builds one. */
export const paths = {
  projects: () => "/projects",
  newProject: () => "/projects/new",
  project: (project: string) => `/projects/${project}`,
  newService: (project: string) => `/projects/${project}/new`,
  service: (project: string, service: string) => `/projects/${project}/${service}`,
  releases: (project: string, service: string) => `/projects/${project}/${service}/releases`,
  variables: (project: string, service: string) => `/projects/${project}/${service}/variables`,
  logs: (project: string, service: string) => `/projects/${project}/${service}/logs`,
  settings: (project: string, service: string) => `/projects/${project}/${service}/settings`,
  deployment: (project: string, service: string, deployment: string) =>
    `/projects/${project}/${service}/deployments/${deployment}`,
};
