/** The link of an event when it leads to a page that can be swapped in; null for everything that is the browser's own business. */
export function linkOf(event: Event): { url: URL; element: HTMLAnchorElement } | null {
  const element = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(element instanceof HTMLAnchorElement)) return null;
  const url = new URL(element.href, location.href);
  const own =
    url.origin === location.origin &&
    !element.hasAttribute("download") &&
    !element.hasAttribute("data-hp-reload") &&
    (element.target === "" || element.target === "_self");
  if (!own) return null;
  // A fragment of this page is a jump, not a navigation.
  if (url.hash !== "" && samePage(url, new URL(location.href))) return null;
  return { url, element };
}

export const samePage = (a: URL, b: URL): boolean => a.pathname === b.pathname && a.search === b.search;

/** A plain press: no key that means new tab or download, no other mouse button. */
export const isPlainPress = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
