import type { EnvironmentId, OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import { z } from "zod";

/**
 * A stage of a project: every service has a workload in it. What is live in a protected one is changed by fewer roles.
 */
export type Environment = {
  id: EnvironmentId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  slug: string;
  /** Their order, from 0: a branch goes to the first one that takes it. Production is the first. */
  position: number;
  /** The branches that are deployed to it; null for none. Production takes a repository's own branch without one. */
  branchPattern: string | null;
  isProtected: boolean;
  version: number;
  createdAt: Date;
};

/** The environment that every project starts with, and the one that is meant where none is named. */
export const PRODUCTION = "production";

export const MAX_ENVIRONMENTS = 50;

/** A branch, or some of them: one `*` stands for any characters, none included. */
export const BranchPattern = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[^*\s]*(\*[^*\s]*)?$/, "use the name of a branch, with one * at most");

export const matchesBranch = (pattern: string, branch: string): boolean => {
  const star = pattern.indexOf("*");
  if (star === -1) return pattern === branch;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return branch.length >= before.length + after.length && branch.startsWith(before) && branch.endsWith(after);
};

/** The environment that a branch is deployed to: the first, by position, that takes it; null when none does. */
export const environmentOfBranch = <E extends Pick<Environment, "position" | "branchPattern">>(
  environments: readonly E[],
  branch: string,
): E | null =>
  environments
    .toSorted((a, b) => a.position - b.position)
    .find(({ branchPattern }) => branchPattern !== null && matchesBranch(branchPattern, branch)) ?? null;
