import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { TONE_SOFT, type Tone } from "./tone.ts";

export interface BadgeProps {
  tone?: Tone | undefined;
  icon?: ReactNode;
  children: ReactNode;
}

export function Badge({ tone = "neutral", icon, children }: BadgeProps): ReactNode {
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3",
        TONE_SOFT[tone],
      )}
    >
      {icon}
      {children}
    </span>
  );
}
