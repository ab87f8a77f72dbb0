import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { X } from "../icons.ts";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  footer?: ReactNode;
  children?: ReactNode;
}

/** A modal dialog for islands: focus stays inside, Escape closes it, focus returns to what opened it. A sheet on a phone. */
export function Dialog({ open, onOpenChange, title, description, footer, children }: DialogProps): ReactNode {
  return (
    <Base.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup className="fixed inset-x-0 bottom-0 z-50 grid max-h-[85dvh] grid-rows-[auto_minmax(0,1fr)_auto] rounded-t-lg border border-line bg-surface shadow-float transition duration-150 data-ending-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0 sm:inset-x-auto sm:start-1/2 sm:top-[12dvh] sm:bottom-auto sm:w-md sm:-translate-x-1/2 sm:rounded-lg">
          <div className="flex items-start justify-between gap-4 px-5 pt-4.5">
            <div className="grid min-w-0 gap-1">
              <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
              {description === undefined ? null : (
                <Base.Description className="text-soft wrap-anywhere">{description}</Base.Description>
              )}
            </div>
            <Base.Close
              aria-label="Close"
              className="-me-2 grid size-8 shrink-0 cursor-pointer place-items-center rounded-md text-soft hover:bg-hover hover:text-ink pointer-coarse:size-11 [&_svg]:size-4.5"
            >
              <X aria-hidden />
            </Base.Close>
          </div>
          <div className="overflow-y-auto px-5 py-4">{children}</div>
          {footer === undefined ? null : (
            <div className="flex flex-wrap justify-end gap-2.5 rounded-b-lg border-t border-line bg-canvas px-5 py-3.5">
              {footer}
            </div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
