import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { TONE_DOT, TONE_SOFT, type Tone } from "./tone.ts";

export type DeploymentStatus =
  | "queued"
  | "building"
  | "releasing"
  | "pre_deploying"
  | "rolling_out"
  | "post_deploying"
  | "live"
  | "failed"
  | "cancelled"
  | "superseded";
export type ReplicaStatus =
  | "pulling"
  | "starting"
  | "running"
  | "ready"
  | "unhealthy"
  | "exited"
  | "failed"
  | "draining"
  | "stopped";
export type Status = DeploymentStatus | ReplicaStatus;

/** `moving` states breathe: something is happening and the state will change by itself. `mark` tells states apart without colour. */
const LOOK: Record<Status, { label: string; tone: Tone; mark: "dot" | "ring" | "bar"; moving?: true }> = {
  queued: { label: "Queued", tone: "neutral", mark: "ring", moving: true },
  building: { label: "Building", tone: "info", mark: "dot", moving: true },
  releasing: { label: "Releasing", tone: "info", mark: "dot", moving: true },
  pre_deploying: { label: "Preparing", tone: "info", mark: "dot", moving: true },
  post_deploying: { label: "Finishing", tone: "info", mark: "dot", moving: true },
  rolling_out: { label: "Rolling out", tone: "info", mark: "dot", moving: true },
  live: { label: "Live", tone: "success", mark: "dot" },
  failed: { label: "Failed", tone: "danger", mark: "dot" },
  cancelled: { label: "Cancelled", tone: "neutral", mark: "bar" },
  superseded: { label: "Superseded", tone: "neutral", mark: "ring" },
  pulling: { label: "Pulling image", tone: "info", mark: "dot", moving: true },
  starting: { label: "Starting", tone: "info", mark: "dot", moving: true },
  running: { label: "Running", tone: "info", mark: "dot" },
  ready: { label: "Ready", tone: "success", mark: "dot" },
  unhealthy: { label: "Unhealthy", tone: "warning", mark: "dot" },
  exited: { label: "Exited", tone: "danger", mark: "bar" },
  draining: { label: "Draining", tone: "warning", mark: "ring", moving: true },
  stopped: { label: "Stopped", tone: "neutral", mark: "bar" },
};

export function StatusPill({ state, label }: { state: Status; label?: string | undefined }): ReactNode {
  const look = LOOK[state];
  return (
    <span
      data-state={state}
      className={classNames(
        "inline-flex items-center gap-1.5 rounded-full py-0.5 ps-2 pe-2.5 text-xs font-medium whitespace-nowrap",
        TONE_SOFT[look.tone],
      )}
    >
      <span
        aria-hidden
        className={classNames(
          look.mark === "dot" && classNames("size-2 rounded-full", TONE_DOT[look.tone]),
          look.mark === "ring" && "size-2 rounded-full border-2 border-current",
          look.mark === "bar" && "h-0.5 w-2 rounded-full bg-current",
          look.moving === true && "animate-breathe",
        )}
      />
      {label ?? look.label}
    </span>
  );
}
