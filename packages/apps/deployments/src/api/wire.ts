import type { Deployment } from "../deployment.ts";
import { type UrlConfig, urlOf } from "../host.ts";
import { buildStream, runtimeStream } from "../log-stream.ts";
import type { Environment, ListedProject, Project } from "../project.ts";
import { digestOf, type Release } from "../release.ts";
import type { ServiceOverview } from "../service/reads.ts";
import type { Service } from "../service.ts";

export const projectToWire = ({ id, slug, createdAt }: Project) => ({ id, slug, createdAt: createdAt.toISOString() });

export const listedProjectToWire = (project: ListedProject) => ({
  ...projectToWire(project),
  serviceCount: project.serviceCount,
});

export const environmentToWire = ({ id, slug, isProtected, createdAt }: Environment) => ({
  id,
  slug,
  protected: isProtected,
  createdAt: createdAt.toISOString(),
});

export const variableToWire = ({ name, updatedAt }: { name: string; updatedAt: Date }) => ({
  name,
  updatedAt: updatedAt.toISOString(),
});

export const serviceToWire = ({ service, latest }: ServiceOverview, urls: UrlConfig) => ({
  id: service.id,
  workloadId: service.workloadId,
  slug: service.slug,
  project: service.projectSlug,
  url: urlOf(service, urls),
  source: service.source,
  settings: service.settings,
  createdAt: service.createdAt.toISOString(),
  latest: latest === null ? null : deploymentToWire(latest, service, urls),
});

export const deploymentToWire = (deployment: Deployment, service: Service, urls: UrlConfig) => ({
  id: deployment.id,
  state: deployment.state,
  cause: deployment.cause.kind,
  release: deployment.releaseNumber,
  digest: deployment.image === null ? (deployment.build?.digest ?? null) : digestOf(deployment.image),
  url: urlOf(service, urls),
  commit: deployment.build?.commit ?? null,
  commitMessage: deployment.build?.commitMessage ?? null,
  buildLog: deployment.jobId === null ? null : buildStream(deployment.jobId),
  runtimeLog: runtimeStream(deployment.workloadId),
  reason: deployment.reason,
  cancelRequested: deployment.cancelRequestedAt !== null,
  createdBy: deployment.createdBy.name,
  createdAt: deployment.createdAt.toISOString(),
  startedAt: deployment.startedAt?.toISOString() ?? null,
  finishedAt: deployment.finishedAt?.toISOString() ?? null,
});

export const releaseToWire = (release: Release) => ({
  number: release.number,
  digest: digestOf(release.image),
  image: "digest" in release.image ? `${release.image.repository}@${release.image.digest}` : release.image.reference,
  state: release.state,
  commit: release.source.commit ?? null,
  commitMessage: release.source.commitMessage ?? null,
  preset: release.source.preset ?? null,
  secretGroups: Object.values(release.secretGroups).map(({ slug, version }) => ({ group: slug, version })),
  createdAt: release.createdAt.toISOString(),
});
