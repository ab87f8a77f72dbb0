const REGION = "data-hp-swap";

/**
 * What must be equal for one page to be swapped into another: frame, import map, style sheet and runtime. After an upgrade they
 * differ, and a full load brings the new ones.
 */
function fingerprint(doc: Document): string {
  const regions = Array.from(doc.querySelectorAll(`[${REGION}]`), (element) => element.getAttribute(REGION));
  return JSON.stringify([
    doc.body.getAttribute("data-hp-layout"),
    doc.querySelector('script[type="importmap"]')?.textContent ?? null,
    doc.querySelector('link[rel="stylesheet"]')?.getAttribute("href") ?? null,
    doc.querySelector('script[type="module"]')?.getAttribute("src") ?? null,
    regions.sort(),
  ]);
}

export const canSwap = (next: Document): boolean => fingerprint(next) === fingerprint(document);

/** Puts the regions and the title of `next` in place; islands in the old regions unmount, those in the new ones start. */
export function swapIn(next: Document): void {
  document.title = next.title;
  for (const region of document.querySelectorAll(`[${REGION}]`)) {
    const name = region.getAttribute(REGION) ?? "";
    const fresh = next.querySelector(`[${REGION}="${CSS.escape(name)}"]`);
    if (fresh === null) continue;
    const scrolled = region.scrollTop;
    region.replaceWith(document.adoptNode(fresh));
    fresh.scrollTop = scrolled;
  }
}
