import type { PlatformConfig } from "@homeport/kit/config.ts";
import { buildStream, runtimeStream } from "../adapters/log-streams.ts";
import type { Deployment } from "../deployment.ts";
import { urlOf } from "../host.ts";
import { digestOf, type Release } from "../release.ts";
import type { Project } from "../store/projects.ts";
import type { Service } from "../store/services.ts";

export type UrlConfig = Pick<PlatformConfig, "baseDomain" | "appUrl">;

export const projectToWire = ({ id, slug, createdAt }: Project) => ({ id, slug, createdAt: createdAt.toISOString() });

export const serviceUrl = (service: Service, { baseDomain, appUrl }: UrlConfig): string =>
  urlOf(service.hostLabel, baseDomain, appUrl);

export const serviceToWire = (service: Service, latest: Deployment | null, config: UrlConfig) => ({
  id: service.id,
  workloadId: service.workloadId,
  slug: service.slug,
  project: service.projectSlug,
  url: serviceUrl(service, config),
  source: service.source,
  settings: service.settings,
  createdAt: service.createdAt.toISOString(),
  latest: latest === null ? null : deploymentToWire(latest, service, config),
});

export const deploymentToWire = (deployment: Deployment, service: Service, config: UrlConfig) => ({
  id: deployment.id,
  state: deployment.state,
  cause: deployment.cause.kind,
  release: deployment.releaseNumber,
  digest: deployment.image === null ? (deployment.build?.digest ?? null) : digestOf(deployment.image),
  url: serviceUrl(service, config),
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
  createdAt: release.createdAt.toISOString(),
});
