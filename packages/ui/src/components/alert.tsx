import type { ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "../icons.ts";
import { TONE_EDGE, TONE_SOFT, type Tone } from "./tone.ts";

const ICON = { neutral: Info, info: Info, success: CircleCheck, warning: TriangleAlert, danger: CircleAlert };

export interface AlertProps {
  tone?: Tone | undefined;
  title: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

export function Alert({ tone = "info", title, actions, children }: AlertProps): ReactNode {
  const Icon = ICON[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={classNames("flex gap-3 rounded-md border-s-3 px-3.5 py-3", TONE_SOFT[tone], TONE_EDGE[tone])}
    >
      <Icon aria-hidden className="mt-0.5 size-4.5 shrink-0" />
      <div className="grid min-w-0 flex-1 grid-cols-1 gap-1 wrap-anywhere">
        <div className="font-medium">{title}</div>
        {children}
        {actions === undefined ? null : <div className="flex flex-wrap gap-2 pt-1.5">{actions}</div>}
      </div>
    </div>
  );
}
