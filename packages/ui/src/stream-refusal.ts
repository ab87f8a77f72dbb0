import { NAVIGATED } from "./boot/events.ts";
import { dismissToast, toast, toastStore } from "./toast/toast.ts";

/** Signed out, or no longer allowed: asking again gives the same answer. */
export type StreamRefusal = 401 | 403 | 404;

const REFUSALS: readonly number[] = [401, 403, 404] satisfies StreamRefusal[];
const TIMEOUT_MS = 10_000;

/**
 * Why a stream is refused, null when it is not or nobody can say now. An `EventSource` that gives up does not tell what it
 * was answered, so this asks once more. Of what has not begun yet, and of an app that is not there, 404 says nothing.
 */
export async function streamRefusal(url: string, signal: AbortSignal): Promise<StreamRefusal | null> {
  const own = new AbortController();
  try {
    const { status } = await fetch(url, {
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([own.signal, signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return REFUSALS.includes(status) ? (status as StreamRefusal) : null;
  } catch {
    return null;
  } finally {
    own.abort(); // when it is answered after all, the stream is not read
  }
}

const SIGNED_OUT = "You are signed out.";
const NOT_ALLOWED = "You may no longer see this.";

/** Says once, however many streams of a page ended, why nothing on it changes any more. */
export function tellRefusal(refusal: StreamRefusal): void {
  const title = refusal === 401 ? SIGNED_OUT : NOT_ALLOWED;
  if (toastStore.snapshot().some((shown) => shown.title === title)) return;
  const next = encodeURIComponent(location.pathname + location.search);
  const action = refusal === 401 ? { label: "Sign in again", href: `/sign-in?next=${next}` } : undefined;
  toast({ title, detail: "This page is as it was then.", tone: "danger", action });
  document.addEventListener(NAVIGATED, () => forget(title), { once: true });
}

const forget = (title: string): void => {
  for (const shown of toastStore.snapshot()) if (shown.title === title) dismissToast(shown.id);
};
