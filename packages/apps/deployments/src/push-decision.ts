import { type Environment, environmentOfBranch, PRODUCTION } from "./environment.ts";
import { asksToSkip, type BranchPush } from "./push.ts";
import { type Service, settingsOf } from "./service.ts";
import type { Source } from "./source.ts";
import { isWatched } from "./watch-paths.ts";

export type PushDecision =
  | { deploy: true; service: Service }
  | { deploy: false; service: string; environment: string | null; reason: string };

type Stage = Pick<Environment, "id" | "slug" | "position" | "branchPattern">;

/**
 * What a push to a repository is to deploy: for each service that is built from it, in the first environment that takes
 * the branch.
 *
 * @param services those of the repository in every environment, a service's one after the other
 */
export const decidePush = (
  push: BranchPush,
  services: readonly Service[],
  environments: readonly Stage[],
): PushDecision[] => {
  const ids = [...new Set(services.map(({ id }) => id))];
  return ids.map((id) => {
    const everywhere = services.filter((service) => service.id === id);
    return decideService(push, everywhere, environments);
  });
};

const decideService = (
  push: BranchPush,
  everywhere: readonly Service[],
  environments: readonly Stage[],
): PushDecision => {
  const [any] = everywhere as [Service, ...Service[]];
  const environment = environmentOfPush(environments, any.source, push.branch, push.defaultBranch);
  const no = (reason: string): PushDecision => ({
    deploy: false,
    service: any.slug,
    environment: environment?.slug ?? null,
    reason,
  });
  const service = everywhere.find(({ environmentId }) => environmentId === environment?.id);
  if (environment === null || service === undefined) return no(`No environment takes the branch ${push.branch}.`);
  const { autoDeploy, replicas, watchPaths } = settingsOf(service);
  if (!autoDeploy) return no("It is deployed by hand only: autoDeploy is off.");
  if (replicas === 0) return no("It stands still: it has no replicas.");
  if (asksToSkip(push.headMessage)) return no("The message of the commit asks to skip it.");
  if (!isWatched(watchPaths, push.paths)) return no("The push touches none of its watch paths.");
  return { deploy: true, service };
};

/**
 * The environment of a branch. Production without a pattern takes what the service is made from: the branch of its source,
 * else the repository's own.
 */
export const environmentOfPush = <S extends Stage>(
  environments: readonly S[],
  source: Source,
  branch: string,
  defaultBranch: string | null,
): S | null => {
  const own = source.kind === "git" ? (source.ref?.replace(/^refs\/heads\//, "") ?? defaultBranch) : null;
  const stages = environments.map((stage) => ({
    position: stage.position,
    branchPattern: stage.branchPattern === null && stage.slug === PRODUCTION ? own : stage.branchPattern,
    stage,
  }));
  return environmentOfBranch(stages, branch)?.stage ?? null;
};
