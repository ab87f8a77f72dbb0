/** A line of the navigation, as an app registers it. `requires` was already checked by whoever passes the items. */
export interface NavItem {
  id: string;
  label: string;
  href: string;
  /** Name of a lucide icon, `layout-grid`. */
  icon: string;
  order: number;
  requires?: string | undefined;
}

/** By `order`, then by label, so that apps which chose the same number do not change places between requests. */
export const sortNav = (nav: readonly NavItem[]): NavItem[] =>
  nav.toSorted((a, b) => a.order - b.order || a.label.localeCompare(b.label, "en"));

/** The item whose href is the longest prefix of the path; `/` only matches itself. Null when the page is in none of them. */
export function currentNavItem(nav: readonly NavItem[], path: string): NavItem | null {
  let best: NavItem | null = null;
  for (const item of nav) {
    const inside = path === item.href || (item.href !== "/" && path.startsWith(`${item.href}/`));
    if (inside && (best === null || item.href.length > best.href.length)) best = item;
  }
  return best;
}
