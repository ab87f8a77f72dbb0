import { relativeTime } from "../relative-time.ts";
import { NAVIGATED } from "./events.ts";

const EVERY_MS = 15_000;

/** Keeps "3 minutes ago" true while the page is open. */
export function startClock(): void {
  const tick = (): void => {
    if (document.hidden) return;
    const now = new Date();
    for (const element of document.querySelectorAll("time[data-hp-relative]")) {
      const at = new Date(element.getAttribute("datetime") ?? "");
      const text = element.firstChild;
      if (!(text instanceof Text) || Number.isNaN(at.getTime())) continue;
      const words = relativeTime(at, now);
      // The text node itself: islands' React holds on to it.
      if (text.data !== words) text.data = words;
    }
  };
  setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener(NAVIGATED, tick);
}
