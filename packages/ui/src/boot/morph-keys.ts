/** Elements with the names of everything recognisable in them. */
export type Keys = ReadonlyMap<Element, ReadonlySet<string>>;

const RECOGNISABLE = "[id], [data-key], hp-island, form[action], a[href]";

/** Ids that React makes up from the place in the tree: the same id may be another thing after an update. */
const MADE_UP = /_R_|_r_/;

/**
 * What an element is, whatever its place: by it the same row, form or island is found again in a new version of the page, so that
 * focus and state never slip to another one.
 */
export function collectKeys(root: Element): Keys {
  const keys = new Map<Element, Set<string>>();
  for (const element of root.querySelectorAll(RECOGNISABLE)) {
    const key = keyOf(element);
    if (key === null) continue;
    for (let holder: Element | null = element; holder !== null && holder !== root; holder = holder.parentElement) {
      const held = keys.get(holder) ?? new Set<string>();
      keys.set(holder, held.add(key));
    }
  }
  return keys;
}

function keyOf(element: Element): string | null {
  const key = element.getAttribute("data-key");
  if (key !== null) return `key ${key}`;
  if (element.localName === "hp-island") return `island ${element.getAttribute("src")}`;
  if (element.localName === "form") return `form ${element.getAttribute("action")}`;
  if (element.id !== "" && !MADE_UP.test(element.id)) return `id ${element.id}`;
  return element.localName === "a" ? `link ${element.getAttribute("href")}` : null;
}

/** How many names two elements have in common. */
export function sharedCount(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let count = 0;
  for (const key of a) if (b.has(key)) count += 1;
  return count;
}
