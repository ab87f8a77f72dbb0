import { VISIT } from "./events.ts";
import { mayLeave } from "./guard.ts";
import { isPlainPress, linkOf, samePage } from "./links.ts";
import { entryOf, showEntry, shownEntry, startScrollMemory } from "./scroll.ts";
import { shownUrl, visit } from "./visit.ts";

/** Links, Back and Forward, and what islands ask for, all become visits. */
export function startNavigation(): void {
  startScrollMemory();
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || !isPlainPress(event)) return;
    const link = linkOf(event);
    if (link === null) return;
    event.preventDefault();
    if (mayLeave()) void visit(link.url, { history: "push", scroll: "top" });
  });
  window.addEventListener("popstate", (event) => travel(event.state));
  document.addEventListener(VISIT, (event) => {
    const url = new URL(String((event as CustomEvent<string>).detail), location.href);
    if (url.origin !== location.origin) location.assign(url.href);
    else if (mayLeave()) void visit(url, { history: "push", scroll: "top" });
  });
  document.documentElement.setAttribute("data-hp-ready", "");
}

/** Back or Forward: the address has already changed, the page follows. */
function travel(state: unknown): void {
  const entry = entryOf(state);
  const target = new URL(location.href);
  if (samePage(target, shownUrl())) {
    // A jump inside this page; without an entry of ours it is a fragment that was just followed, and the browser scrolls.
    if (entry !== null) {
      showEntry(entry.index);
      scrollTo({ top: entry.y, behavior: "instant" });
    }
    return;
  }
  const index = entry?.index ?? shownEntry() + 1;
  if (!mayLeave()) {
    const back = shownEntry() - index;
    if (back !== 0) history.go(back);
    return;
  }
  showEntry(index);
  void visit(target, { history: "none", scroll: entry?.y ?? "top" });
}
