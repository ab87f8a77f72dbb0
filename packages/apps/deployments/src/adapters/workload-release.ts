import { splitCommand } from "../argv.ts";
import { PRODUCTION } from "../environment.ts";
import { wholeReference } from "../image-reference.ts";
import type { WantedRelease } from "../ports.ts";

/** A release as the clusters app takes it. */
export const toWorkloadRelease = ({ service, release, env, files, hosts }: WantedRelease) => {
  const { kind, port, health, resources, replicas, strategy, restart, stabilitySeconds, graceSeconds, startCommand } =
    release.settings;
  return {
    kind,
    releaseId: release.id,
    number: release.number,
    image: "digest" in release.image ? release.image : { reference: wholeReference(release.image.reference) },
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()])),
    files: files.map(({ path, content }) => ({ path, content: Buffer.from(content.reveal()).toString("base64") })),
    port,
    health,
    resources,
    replicas,
    strategy,
    restart,
    volumes: release.volumes,
    // Nobody answers there, or nobody who speaks HTTP: a database is for its own network.
    hosts: kind === "cron" || service.template !== null ? [] : hosts,
    // Each environment has a network of its own, in which a service goes by its plain name; production has the project's.
    ...(service.environmentSlug === PRODUCTION ? {} : { networkId: service.environmentId }),
    stabilitySeconds,
    graceSeconds,
    // A build has the start command in its image; for an image of others it is the person's to change.
    ...(startCommand !== undefined && release.source.kind === "image" ? { command: splitCommand(startCommand) } : {}),
  };
};
