import type { Problem } from "../state/config.ts";

export const problemToWire = ({ service, environment, variable, reference, problem, path }: Problem) => ({
  service,
  environment,
  variable,
  reference,
  problem,
  path,
});
