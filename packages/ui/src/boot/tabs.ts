import { NAVIGATED } from "./events.ts";

/** On a narrow window a row of tabs scrolls: the tab of the page that is open is brought into it. */
export function startTabs(): void {
  const reveal = (): void => {
    for (const tabs of document.querySelectorAll(".hp-tabs")) {
      const current = tabs.querySelector("[aria-current]");
      if (current === null) continue;
      const tab = current.getBoundingClientRect();
      const row = tabs.getBoundingClientRect();
      tabs.scrollLeft += tab.left + tab.width / 2 - (row.left + row.width / 2);
    }
  };
  reveal();
  document.addEventListener(NAVIGATED, reveal);
}
