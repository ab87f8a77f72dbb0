/** What the runtime keeps in `history.state`: where the page was scrolled to, and the entry's place, to tell back from forward. */
export interface EntryState {
  hp: { y: number; index: number };
}

export const entryOf = (state: unknown): EntryState["hp"] | null =>
  typeof state === "object" && state !== null && "hp" in state ? (state as EntryState).hp : null;

/** Index of the entry that is shown; popstate compares with it. */
let shownIndex = 0;

export const shownEntry = (): number => shownIndex;
export const showEntry = (index: number): void => {
  shownIndex = index;
};

const SETTLED_MS = 100;

/** Keeps the scroll position of the current entry in its state, and hands restoring back to the browser for full loads. */
export function startScrollMemory(): void {
  shownIndex = entryOf(history.state)?.index ?? 0;
  rememberScroll();
  history.scrollRestoration = "manual";
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(rememberScroll, SETTLED_MS);
    },
    { passive: true },
  );
  addEventListener("pagehide", () => {
    history.scrollRestoration = "auto";
  });
  addEventListener("pageshow", () => {
    history.scrollRestoration = "manual";
  });
}

export function rememberScroll(): void {
  history.replaceState({ hp: { y: scrollY, index: shownIndex } } satisfies EntryState, "");
}

export function pushEntry(url: string): void {
  rememberScroll();
  shownIndex += 1;
  history.pushState({ hp: { y: 0, index: shownIndex } } satisfies EntryState, "", url);
}

export function replaceEntry(url: string): void {
  history.replaceState({ hp: { y: scrollY, index: shownIndex } } satisfies EntryState, "", url);
}
