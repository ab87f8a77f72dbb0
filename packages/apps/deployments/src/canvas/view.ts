import type { DeploymentId, EnvironmentId, ServiceId } from "@homeport/kit/ids.ts";
import type { DeploymentState } from "../deployment.ts";
import type { GroupId } from "../scope.ts";
import type { Edge } from "./edges.ts";
import type { Note, Place } from "./node.ts";

/** How a service stands in one environment. */
export type ServiceStatus = {
  service: ServiceId;
  environment: EnvironmentId;
  /** The newest deployment; null before the first. */
  deployment: { id: DeploymentId; state: DeploymentState } | null;
  /** Whether a release of it is live there. */
  isLive: boolean;
};

/** What is there because of the project itself; `place` is null for what nobody has put anywhere yet. */
export type Graph = {
  services: { id: ServiceId; slug: string; group: GroupId | null; place: Place | null }[];
  groups: { id: GroupId; slug: string; place: Place | null }[];
  edges: Edge[];
};

/** The staged changes of the project, as much as everybody on the canvas is told of them. */
export type DraftSummary = { version: number; staged: number };

/** Everything that is on a canvas. It has every effect up to `seq`, and none after it. */
export type CanvasState = Graph & {
  seq: number;
  notes: Note[];
  statuses: ServiceStatus[];
  draft: DraftSummary;
};
