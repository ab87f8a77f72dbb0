import { plan as planNode, supersedes } from "@homeport/agent/reconcile.ts";
import { judgeOverdue } from "@homeport/ci/job.ts";
import { plan as planWorkload } from "@homeport/clusters/rollout.ts";
import { planRun } from "@homeport/clusters/run.ts";
import { nextCall, step } from "@homeport/deployments/deployment-machine.ts";

/**
 * What is tested: the platform's own decisions, and of the stores the promises that only SQL keeps. Everything else in this
 * folder is the world around them. A mutant is this with one of them broken.
 */
export type Rules = {
  planWorkload: typeof planWorkload;
  planRun: typeof planRun;
  planNode: typeof planNode;
  supersedes: typeof supersedes;
  nextCall: typeof nextCall;
  step: typeof step;
  judgeOverdue: typeof judgeOverdue;
  /** Whether a change under a lease is refused once another stepper has it: `where lease_token = …`. */
  checksLease: boolean;
  /** Whether a rollout that is given up takes the traffic from its canaries. */
  givesBack: boolean;
  /** Whether an agent says hello again when a report of its was taken for an old one. */
  noticesRefusal: boolean;
};

export const REAL: Rules = {
  planWorkload,
  planRun,
  planNode,
  supersedes,
  nextCall,
  step,
  judgeOverdue,
  checksLease: true,
  givesBack: true,
  noticesRefusal: true,
};
