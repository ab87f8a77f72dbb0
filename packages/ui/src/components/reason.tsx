import type { ReactNode } from "react";

/**
 * Shows why the control inside is disabled, on hover and on focus. The control must name `id` in `aria-describedby`.
 * The runtime moves the hint to the other side when it would leave the window.
 */
export function Reason({ id, reason, children }: { id: string; reason: string; children: ReactNode }): ReactNode {
  return (
    <span className="hp-reason relative inline-flex" data-hp-reason="">
      {children}
      <span id={id} role="tooltip" className="hp-reason-hint">
        {reason}
      </span>
    </span>
  );
}
