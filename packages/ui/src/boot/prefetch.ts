import { MUTATED } from "./events.ts";
import { type FetchedPage, fetchPage } from "./fetch-page.ts";
import { linkOf } from "./links.ts";

/** Longer than it takes to pass over a link on the way elsewhere, shorter than it takes to press it. */
const DWELL_MS = 60;
/** A prefetched page is shown as if it were fresh, so it must not get old. */
const FRESH_MS = 10_000;
const KEPT = 12;

const kept = new Map<string, { at: number; page: Promise<FetchedPage> }>();

/** Fetches pages ahead while the pointer rests on a link or the keyboard focuses it. */
export function startPrefetch(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = (event: Event): void => {
    clearTimeout(timer);
    const link = linkOf(event);
    if (link === null || link.url.href === location.href || savesData()) return;
    timer = setTimeout(() => prefetch(link.url), DWELL_MS);
  };
  document.addEventListener("pointerover", plan, { passive: true });
  document.addEventListener("focusin", plan);
  document.addEventListener("pointerdown", plan, { passive: true });
  document.addEventListener(MUTATED, forgetPrefetched);
}

/** What was shown before a change must not be shown after it. */
export const forgetPrefetched = (): void => kept.clear();

/** The prefetched page, once; null when there is none or it is too old. */
export function takePrefetched(url: URL): Promise<FetchedPage> | null {
  const key = keyOf(url);
  const found = kept.get(key);
  kept.delete(key);
  return found !== undefined && performance.now() - found.at < FRESH_MS ? found.page : null;
}

function prefetch(url: URL): void {
  const key = keyOf(url);
  const found = kept.get(key);
  if (found !== undefined && performance.now() - found.at < FRESH_MS) return;
  const page = fetchPage(key, {});
  // A failed prefetch is no news: the press itself will try again and say so.
  page.catch(() => kept.delete(key));
  kept.delete(key);
  kept.set(key, { at: performance.now(), page });
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
}

const keyOf = (url: URL): string => url.href.slice(0, url.href.length - url.hash.length);

const savesData = (): boolean =>
  (navigator as Navigator & { connection?: { saveData?: boolean } }).connection?.saveData === true;
