import { MUTATED, REFRESH, VISIT } from "./boot/events.ts";

/** For islands: soft navigation to a page of this platform. */
export function visit(url: string): void {
  document.dispatchEvent(new CustomEvent(VISIT, { detail: url }));
}

/** For islands: fetches this page again and swaps it in place; scroll position and history stay. */
export function refresh(): void {
  document.dispatchEvent(new CustomEvent(REFRESH));
}

/** For islands: call it after a fetch that changed something, so that no page fetched before the change is shown. */
export function mutated(): void {
  document.dispatchEvent(new CustomEvent(MUTATED));
}
