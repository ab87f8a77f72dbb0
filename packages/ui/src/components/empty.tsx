import type { ReactNode } from "react";
import { CommandLine } from "./code.tsx";

export interface EmptyProps {
  /** What is not here yet, as a sentence. */
  title: string;
  children?: ReactNode;
  /** The next step. */
  action?: ReactNode;
  /** The same step on the command line. */
  cli?: string | undefined;
  icon?: ReactNode;
}

export function Empty({ title, children, action, cli, icon }: EmptyProps): ReactNode {
  return (
    <div className="grid grid-cols-1 justify-items-center gap-4 rounded-lg border border-dashed border-edge px-5 py-10 text-center">
      {icon === undefined ? null : (
        <span className="grid size-11 place-items-center rounded-full bg-accent-soft text-accent [&_svg]:size-5">
          {icon}
        </span>
      )}
      <div className="grid max-w-md gap-1">
        <p className="text-lg font-semibold">{title}</p>
        {children === undefined ? null : <div className="text-soft">{children}</div>}
      </div>
      {action === undefined ? null : <div className="flex flex-wrap justify-center gap-2">{action}</div>}
      {cli === undefined ? null : (
        <div className="grid w-full max-w-xl gap-1.5 text-start">
          <span className="text-center text-sm text-faint">or from a terminal</span>
          <CommandLine command={cli} />
        </div>
      )}
    </div>
  );
}
