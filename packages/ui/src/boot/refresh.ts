import { NAVIGATED, REFRESH } from "./events.ts";
import { fetchPage } from "./fetch-page.ts";
import { canSwap, morphIn } from "./swap.ts";
import { shownUrl, showsAnswer, visitCount } from "./visit.ts";

let running = false;
let again = false;

/** Brings the page up to date when an island asks for it, for example because an event came in. Many requests become few. */
export function startRefresh(): void {
  document.addEventListener(REFRESH, () => void refresh());
  document.addEventListener("visibilitychange", () => {
    if (again) void refresh();
  });
}

async function refresh(): Promise<void> {
  // What a form was answered with is not what the address gives: what is wrong with it, or what is told only once, would
  // be gone unread. Without a visit, as after a full load, only the errors show that it is such a page.
  if (showsAnswer() || document.querySelector("[data-hp-errors]") !== null) return;
  // A page that nobody sees is brought up to date when it is seen again.
  again = document.hidden || running;
  if (again) return;
  running = true;
  const before = visitCount();
  try {
    const page = await fetchPage(shownUrl().href, {});
    const next = page.html === null ? null : new DOMParser().parseFromString(page.html, "text/html");
    // What the reader does meanwhile counts more, and what cannot be shown here (an error, a sign-in page, a new version) can wait
    // for the next navigation: the page then is merely old.
    const usable = next !== null && page.status < 400 && !page.redirected && visitCount() === before;
    if (usable && canSwap(next)) {
      const focused = document.activeElement;
      morphIn(next, { freshForms: false });
      // What had the focus is gone: the keyboard goes on from the page, not from the top of the document.
      if (focused !== null && !focused.isConnected) document.getElementById("main")?.focus({ preventScroll: true });
      document.dispatchEvent(new CustomEvent(NAVIGATED));
    }
  } catch {
    // Out of reach for a moment: nobody asked for this fetch, so nobody is told.
  } finally {
    running = false;
  }
  if (again) await refresh();
}
