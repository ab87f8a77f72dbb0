import { mergeStatuses, type Traffic } from "../traffic.ts";
import type { TrafficDeps } from "./deps.ts";

/** What all gateways report, as one. @throws {DomainError} unavailable */
export const readTraffic = async ({ statuses, drift }: Pick<TrafficDeps, "statuses" | "drift">): Promise<Traffic> => {
  const reports = await statuses.list();
  return mergeStatuses(reports, drift.observe(reports));
};
