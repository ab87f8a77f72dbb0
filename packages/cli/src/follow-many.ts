import type { Client } from "@homeport/sdk";
import { type Deployment, isOver, patiently, sentenceOf } from "./follow.ts";
import { note } from "./output.ts";

/** A deployment that a set of changes queued. */
export type Queued = { service: string; environment: string; deploymentId: string };

export type Ended = Queued & Pick<Deployment, "state" | "release" | "digest" | "url" | "reason">;

const LOOK_MS = 500;

/** Waits for the end of deployments of a project, telling their states on stderr unless `quiet`; in the order they were given. */
export const followMany = async (
  client: Client,
  project: string,
  queued: readonly Queued[],
  quiet: boolean,
): Promise<Ended[]> => {
  const ended = new Map<string, Ended>();
  const told = new Map<string, string>();
  for (;;) {
    // One after the other: a set of changes may deploy a thousand, and who waits is in no hurry.
    for (const each of queued) {
      if (ended.has(each.deploymentId)) continue;
      const { service, environment, deploymentId } = each;
      const look = () =>
        client.deployments.deployments.get({ project, service, environment, deployment: deploymentId });
      const { state, release, digest, url, reason } = await patiently(look);
      if (!quiet && told.get(deploymentId) !== state) note(`==> ${service} in ${environment}: ${sentenceOf(state)}`);
      told.set(deploymentId, state);
      if (isOver(state)) ended.set(deploymentId, { ...each, state, release, digest, url, reason });
    }
    if (ended.size === queued.length) break;
    await Bun.sleep(LOOK_MS);
  }
  return queued.flatMap(({ deploymentId }) => ended.get(deploymentId) ?? []);
};

/** Why deployments did not go live; true when all did. */
export const tellFailures = (ended: readonly Ended[]): boolean => {
  const failed = ended.filter(({ state }) => state !== "live");
  for (const { service, environment, state, reason } of failed) {
    note(`${service} in ${environment} is ${state}${reason === null ? "." : `: ${reason.message}`}`);
    for (const line of reason?.lastLines ?? []) note(`    ${line}`);
  }
  return failed.length === 0;
};
