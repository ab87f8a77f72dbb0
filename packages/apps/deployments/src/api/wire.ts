import type { Deployment } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { type UrlConfig, urlOf } from "../host.ts";
import { buildStream, runStream, runtimeStream } from "../log-stream.ts";
import type { ListedProject, Project } from "../project.ts";
import { digestOf, isAvailable, type Release } from "../release.ts";
import type { ServiceOverview } from "../service/reads.ts";
import type { Service } from "../service.ts";

export const projectToWire = ({ id, slug, createdAt }: Project) => ({ id, slug, createdAt: createdAt.toISOString() });

export const listedProjectToWire = (project: ListedProject) => ({
  ...projectToWire(project),
  serviceCount: project.serviceCount,
});

export const environmentToWire = ({ id, slug, position, branchPattern, isProtected, createdAt }: Environment) => ({
  id,
  slug,
  position,
  branchPattern,
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
  environment: service.environmentSlug,
  groupId: service.groupId,
  template: service.template,
  url: urlOf(service, urls),
  source: service.source,
  settings: service.settings,
  overrides: service.overrides,
  createdAt: service.createdAt.toISOString(),
  latest: latest === null ? null : deploymentToWire(latest, service, urls),
});

export const deploymentToWire = (deployment: Deployment, service: Service, urls: UrlConfig) => ({
  id: deployment.id,
  state: deployment.state,
  environment: service.environmentSlug,
  cause: deployment.cause.kind,
  release: deployment.releaseNumber,
  digest: deployment.image === null ? (deployment.build?.digest ?? null) : digestOf(deployment.image),
  url: urlOf(service, urls),
  commit: deployment.build?.commit ?? pushedCommit(deployment),
  commitMessage: deployment.build?.commitMessage ?? null,
  buildLog: deployment.jobId === null ? null : buildStream(deployment.jobId),
  runtimeLog: runtimeStream(deployment.workloadId),
  reason: deployment.reason,
  runLog: deployment.runId === null ? null : runStream(deployment.runId),
  requests: deployment.requests,
  failedRequests: deployment.failedRequests,
  cancelRequested: deployment.cancelRequestedAt !== null,
  createdBy: deployment.createdBy.name,
  createdAt: deployment.createdAt.toISOString(),
  startedAt: deployment.startedAt?.toISOString() ?? null,
  finishedAt: deployment.finishedAt?.toISOString() ?? null,
});

/** Known before the build is over when a push, or somebody, named it. */
const pushedCommit = ({ cause }: Deployment): string | null =>
  cause.kind === "build" && cause.source.kind === "git" ? (cause.source.commit ?? null) : null;

export const releaseToWire = (release: Release, urls: UrlConfig) => ({
  number: release.number,
  digest: digestOf(release.image),
  image: "digest" in release.image ? `${release.image.repository}@${release.image.digest}` : release.image.reference,
  state: release.state,
  commit: release.source.commit ?? null,
  commitMessage: release.source.commitMessage ?? null,
  preset: release.source.preset ?? null,
  secretGroups: Object.values(release.secretGroups).map(({ slug, version }) => ({ group: slug, version })),
  urls: release.hostLabels.map((hostLabel) => urlOf({ hostLabel }, urls)),
  branch: release.source.branch ?? null,
  kept: release.isKept,
  collectedAt: release.collectedAt?.toISOString() ?? null,
  available: isAvailable(release),
  createdBy: release.createdBy?.name ?? null,
  createdAt: release.createdAt.toISOString(),
});
