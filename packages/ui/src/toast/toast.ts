import type { Tone } from "../components/tone.ts";

export interface ToastMessage {
  title: string;
  detail?: string | undefined;
  tone?: Tone | undefined;
  /** Where the message leads, for example to the deployment that was started. */
  action?: { label: string; href: string } | undefined;
}

export interface ShownToast extends ToastMessage {
  id: number;
}

/** More than this and the oldest goes: a burst of messages must not cover the page. */
const MAX_SHOWN = 4;

let shown: readonly ShownToast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

/** For islands: a message that does not stop anybody. It waits here until the toaster has started. */
export function toast(message: ToastMessage): void {
  set([...shown, { ...message, id: nextId++ }].slice(-MAX_SHOWN));
}

export const dismissToast = (id: number): void => set(shown.filter((one) => one.id !== id));

/** For the toaster: `useSyncExternalStore` of the messages. */
export const toastStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  snapshot: (): readonly ShownToast[] => shown,
};

function set(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}
