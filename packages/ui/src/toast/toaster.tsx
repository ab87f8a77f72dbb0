import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { classNames } from "../class-names.ts";
import { TONE_EDGE } from "../components/tone.ts";
import { X } from "../icons.ts";
import { dismissToast, type ShownToast, toastStore } from "./toast.ts";

/** Long enough to read a sentence; a message with something to press stays longer. */
const SHOWN_MS = 6_000;
const SHOWN_WITH_ACTION_MS = 10_000;

const NONE: readonly ShownToast[] = [];

/** Messages in the corner. They wait while the pointer or the keyboard is on them; a failure waits until it is closed. */
export function Toaster(): ReactNode {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.snapshot, () => NONE);
  return (
    <section
      aria-label="Notifications"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-20 z-40 grid justify-items-end gap-2.5 md:start-auto md:end-5 md:bottom-5 md:w-88"
    >
      {toasts.map((one) => (
        <Toast key={one.id} toast={one} />
      ))}
    </section>
  );
}

function Toast({ toast }: { toast: ShownToast }): ReactNode {
  const [held, setHeld] = useState(false);
  const tone = toast.tone ?? "neutral";
  const leavesMs = toast.action === undefined ? SHOWN_MS : SHOWN_WITH_ACTION_MS;
  useEffect(() => {
    if (held || tone === "danger") return;
    const timer = setTimeout(() => dismissToast(toast.id), leavesMs);
    return () => clearTimeout(timer);
  }, [held, tone, toast.id, leavesMs]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done here, the message only waits while it is being read.
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className={classNames(
        "pointer-events-auto flex w-full items-start gap-2 rounded-md border border-s-4 border-line bg-surface py-2.5 ps-3.5 pe-1.5 shadow-float",
        TONE_EDGE[tone],
      )}
    >
      <div className="min-w-0 flex-1 py-1 wrap-anywhere">
        <p className="font-medium">{toast.title}</p>
        {toast.detail === undefined ? null : <p className="text-sm text-soft">{toast.detail}</p>}
        {toast.action === undefined ? null : (
          <a href={toast.action.href} className="mt-1 inline-block rounded-sm font-medium text-accent underline">
            {toast.action.label}
          </a>
        )}
      </div>
      <button
        type="button"
        aria-label="Close message"
        onClick={() => dismissToast(toast.id)}
        className="grid size-8 shrink-0 cursor-pointer place-items-center rounded-md text-soft hover:bg-hover hover:text-ink pointer-coarse:size-11 [&_svg]:size-4"
      >
        <X aria-hidden />
      </button>
    </div>
  );
}
