import type { Step } from "../detect/plan.ts";
import { withMountedSecrets } from "../sandbox/user-command.ts";

/**
 * A step of a Dockerfile. With secrets, they are mounted for this step alone and are variables of its command: no layer,
 * argument or cache key has them.
 */
export const runStep = ({ argv }: Step, secrets: readonly string[]): string => {
  if (secrets.length === 0) return `RUN ${JSON.stringify(argv)}`;
  const mounts = secrets.map((id) => `--mount=type=secret,id=${id},required=true`).join(" ");
  return `RUN ${mounts} ${JSON.stringify(withMountedSecrets(argv, secrets))}`;
};
