import { announce } from "./announce.ts";
import { NAVIGATED } from "./events.ts";
import { type FetchedPage, fetchPage } from "./fetch-page.ts";
import { forgetPrefetched, takePrefetched } from "./prefetch.ts";
import { clearProblem, showProblem, showProblemOf } from "./problem.ts";
import { startProgress } from "./progress.ts";
import { pushEntry, replaceEntry } from "./scroll.ts";
import { canSwap, morphIn, swapIn } from "./swap.ts";

export interface VisitOptions {
  /** `none` when the browser already moved: Back. */
  history: "push" | "none";
  /** Where to scroll afterwards. */
  scroll: "top" | number;
  /** A form that is sent instead of a page that is fetched. */
  body?: URLSearchParams | undefined;
}

/** The page on screen, without fragment; `location` may already be another one while a page is being fetched. */
let shown = location.href;
let running: AbortController | null = null;
let visits = 0;
let isAnswer = false;

export const shownUrl = (): URL => new URL(shown);

/** Changes when a visit begins and when it is shown: whoever fetched something before compares, and drops what is old by now. */
export const visitCount = (): number => visits;

/** Whether the page on screen is what a form was answered with, and not what its address gives. */
export const showsAnswer = (): boolean => isAnswer;

/**
 * Fetches a page and swaps it in. A later visit aborts an earlier one: only the last press counts. Gives whether the
 * answer is shown; when it is not, the page is as it was.
 */
export async function visit(url: URL, options: VisitOptions): Promise<boolean> {
  running?.abort();
  visits += 1;
  const own = new AbortController();
  running = own;
  const endProgress = startProgress();
  try {
    const page = await load(url, options, own.signal);
    return !own.signal.aborted && show(url, page, options);
  } catch {
    if (own.signal.aborted) return false;
    showProblem(
      "Homeport cannot be reached.",
      options.body === undefined
        ? "The page did not change. Try again."
        : "It is not known whether the change was made. Look before you try again.",
    );
    return false;
  } finally {
    endProgress();
  }
}

async function load(url: URL, options: VisitOptions, signal: AbortSignal): Promise<FetchedPage> {
  if (options.body !== undefined) {
    forgetPrefetched();
    const page = await fetchPage(url.href, { method: "POST", body: options.body }, signal);
    forgetPrefetched();
    return page;
  }
  // A prefetch that failed is asked again, so that its error is not the press's error.
  const early = await takePrefetched(url)?.catch(() => null);
  return early ?? (await fetchPage(url.href, {}, signal));
}

function show(url: URL, page: FetchedPage, options: VisitOptions): boolean {
  const final = new URL(page.url);
  if (!page.redirected) final.hash = url.hash;
  const next = page.html === null ? null : new DOMParser().parseFromString(page.html, "text/html");
  if (next === null || !canSwap(next)) {
    const canLoad = options.body === undefined || page.redirected;
    if (canLoad) location.assign(final.href);
    else showProblemOf(page.status, next);
    return canLoad;
  }
  // The answer to a form that was not accepted belongs to the page that shows the form: its URL stays.
  const stays = options.body !== undefined && !page.redirected;
  const samePath = final.pathname === shownUrl().pathname;
  const oldFocus = document.activeElement?.id ?? "";
  if (!stays && options.history === "push") {
    if (final.href === location.href) replaceEntry(final.href);
    else pushEntry(final.href);
  }
  for (const menu of document.querySelectorAll("details[data-hp-menu][open]")) menu.removeAttribute("open");
  clearProblem();
  // A form that leads back to its own page changes it in place: what else is on it, such as a running log, goes on.
  const inPlace = options.body !== undefined && (stays || samePath);
  if (inPlace) morphIn(next, { freshForms: true });
  else swapIn(next);
  if (!stays) shown = final.href;
  isAnswer = stays;
  visits += 1;
  settle(inPlace ? "keep" : options.scroll, final.hash, inPlace ? oldFocus : "");
  announce(document.title);
  document.dispatchEvent(new CustomEvent(NAVIGATED));
  return true;
}

/** Puts scroll position and focus where a full load would have put them. */
function settle(scroll: VisitOptions["scroll"] | "keep", hash: string, oldFocus: string): void {
  const errors = document.querySelector("[data-hp-errors]");
  const again = oldFocus === "" ? null : document.getElementById(oldFocus);
  const target = errors ?? again ?? document.getElementById("main");
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  if (errors !== null) {
    errors.scrollIntoView({ block: "center" });
    return;
  }
  if (scroll === "keep") return;
  const anchor = hash === "" ? null : document.getElementById(decodeURIComponent(hash.slice(1)));
  if (typeof scroll === "number") scrollTo({ top: scroll, behavior: "instant" });
  else if (anchor !== null) anchor.scrollIntoView();
  else scrollTo({ top: 0, behavior: "instant" });
}
