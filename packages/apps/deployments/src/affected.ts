import type { Cause } from "./deployment.ts";
import { type Environment, environmentOfBranch, PRODUCTION } from "./environment.ts";
import type { Settings } from "./settings.ts";
import type { Source } from "./source.ts";

/** What a set of changes made of one workload, and how it stood. */
export type Change = {
  isNewService: boolean;
  isLive: boolean;
  isUnderWay: boolean;
  /** What waits there and has no release yet: it takes the configuration of its moment. */
  waiting: Cause["kind"] | null;
  /** Whether its configuration is another one by them. */
  isTouched: boolean;
  /** Of the newest release that did not fail, or how the configuration was before; and how it is. */
  digestBefore: string | null;
  digestAfter: string;
  source: Source;
  isBuiltAnew: boolean;
  environment: Pick<Environment, "slug" | "position" | "branchPattern">;
  environments: readonly Pick<Environment, "slug" | "position" | "branchPattern">[];
  autoDeploy: boolean;
};

export type Decision =
  | { deploy: "no" }
  /** What waits already brings it. */
  | { deploy: "waiting" }
  | { deploy: "now"; cause: Cause; isFirst: boolean }
  | { deploy: "cannot"; reason: string };

/** Whether a workload has to be deployed for a set of changes, and from what. */
export const decideDeployment = (change: Change): Decision => {
  if (change.isNewService) return firstDeployment(change);
  if (!change.isLive && !change.isUnderWay) return { deploy: "no" };
  const isDifferent = change.isTouched && change.digestBefore !== change.digestAfter;
  if (!isDifferent && !change.isBuiltAnew) return { deploy: "no" };
  // A rollback is to bring what was: it stays what it is.
  if (change.waiting === "release") return { deploy: "no" };
  if (change.isBuiltAnew) {
    const cause = causeOfSource(change.source);
    if (cause !== null) return { deploy: "now", cause, isFirst: false };
    return { deploy: "cannot", reason: "It is deployed from uploaded folders: run `homeport deploy` in one." };
  }
  if (change.waiting !== null) return { deploy: "waiting" };
  return { deploy: "now", cause: { kind: "configuration" }, isFirst: false };
};

/** A new service is deployed in production, and where its branch belongs; elsewhere it waits for a push or a promotion. */
const firstDeployment = ({ source, environment, environments, autoDeploy }: Change): Decision => {
  const cause = causeOfSource(source);
  if (cause === null) return { deploy: "no" };
  const others = environments.filter(({ slug }) => slug !== PRODUCTION);
  const branch = source.kind === "git" ? source.ref : undefined;
  const ofBranch = branch === undefined || !autoDeploy ? null : environmentOfBranch(others, branch);
  const isWanted = environment.slug === PRODUCTION || ofBranch?.slug === environment.slug;
  return isWanted ? { deploy: "now", cause, isFirst: true } : { deploy: "no" };
};

/** Null for uploads: each deployment of those brings its own. */
export const causeOfSource = (source: Source): Cause | null => {
  switch (source.kind) {
    case "git":
      return { kind: "build", source: { kind: "git", url: source.url, ref: source.ref } };
    case "image":
      return { kind: "image", reference: source.reference };
    case "upload":
      return null;
  }
};

/** The settings that go into an image. */
export const isBuiltOtherwise = (before: Settings, after: Settings): boolean =>
  before.preset !== after.preset ||
  before.rootDirectory !== after.rootDirectory ||
  before.buildCommand !== after.buildCommand;
