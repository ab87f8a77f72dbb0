import { morph } from "./morph.ts";

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

/** Puts another page's regions and title in place; islands in the old regions unmount, those in the new ones start. */
export function swapIn(next: Document): void {
  for (const [region, fresh] of pairs(next)) {
    const scrolled = region.scrollTop;
    region.replaceWith(document.adoptNode(fresh));
    fresh.scrollTop = scrolled;
  }
}

/** Brings the regions and the title of the same page up to date; what did not change is not touched, islands keep running. */
export function morphIn(next: Document, options: { freshForms: boolean }): void {
  for (const [region, fresh] of pairs(next)) morph(region, fresh, options);
}

function pairs(next: Document): [Element, Element][] {
  document.title = next.title;
  return Array.from(document.querySelectorAll(`[${REGION}]`)).flatMap((region): [Element, Element][] => {
    const fresh = next.querySelector(`[${REGION}="${CSS.escape(region.getAttribute(REGION) ?? "")}"]`);
    return fresh === null ? [] : [[region, fresh]];
  });
}
