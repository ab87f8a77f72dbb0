import { collectKeys, type Keys, sharedCount } from "./morph-keys.ts";

/** Attributes that the browser or the runtime sets while a page is used; a new version of the page does not take them back. */
const KEPT = new Set(["open", "data-pending", "aria-busy", "data-hp-dirty", "data-copied", "data-side"]);

export interface MorphOptions {
  /** Forms are replaced instead of kept: after one was sent, what was typed must not stay. */
  freshForms: boolean;
}

interface Run extends MorphOptions {
  oldKeys: Keys;
  nextKeys: Keys;
}

const NO_KEYS: ReadonlySet<string> = new Set();

/**
 * Turns `old` into `next` in place, touching only what differs: focus, selection, scroll positions, typed text and running islands
 * stay. An island whose props changed gets the new ones and keeps its state.
 */
export function morph(old: Element, next: Element, options: MorphOptions): void {
  morphElement(old, next, { ...options, oldKeys: collectKeys(old), nextKeys: collectKeys(next) });
}

function morphElement(old: Element, next: Element, run: Run): void {
  morphAttributes(old, next);
  let cursor: ChildNode | null = old.firstChild;
  for (const wanted of [...next.childNodes]) {
    const match = findMatch(wanted, cursor, run);
    if (match === null || !canKeep(match, run)) {
      old.insertBefore(document.adoptNode(wanted), cursor);
      continue;
    }
    // Only what stands elsewhere is moved: moving costs an element its scroll position.
    if (match === cursor) cursor = cursor.nextSibling;
    else old.insertBefore(match, cursor);
    morphNode(match, wanted, run);
  }
  while (cursor !== null) {
    const following: ChildNode | null = cursor.nextSibling;
    cursor.remove();
    cursor = following;
  }
}

/** The old node that becomes `wanted`: of the same kind, and with the most names in common, or both without any. */
function findMatch(wanted: ChildNode, cursor: ChildNode | null, run: Run): ChildNode | null {
  const wantedKeys = keysOf(wanted, run.nextKeys);
  let best: ChildNode | null = null;
  let bestScore = 0;
  for (let node = cursor; node !== null; node = node.nextSibling) {
    if (node.nodeName !== wanted.nodeName) continue;
    const keys = keysOf(node, run.oldKeys);
    if (wantedKeys.size === 0 && keys.size === 0) return node;
    const score = sharedCount(wantedKeys, keys);
    if (score > bestScore) {
      best = node;
      bestScore = score;
    }
  }
  return best;
}

const keysOf = (node: ChildNode, keys: Keys): ReadonlySet<string> =>
  node instanceof Element ? (keys.get(node) ?? NO_KEYS) : NO_KEYS;

function canKeep(old: ChildNode, run: Run): boolean {
  if (!(old instanceof Element)) return true;
  if (old.localName === "form") return !run.freshForms;
  // An island that has not started yet would start with the old props.
  return old.localName !== "hp-island" || old.hasAttribute("data-started");
}

function morphNode(old: ChildNode, wanted: ChildNode, run: Run): void {
  if (old instanceof CharacterData) {
    if (old.data !== wanted.nodeValue) old.data = wanted.nodeValue ?? "";
  } else if (old instanceof Element && wanted instanceof Element) {
    if (old.localName === "hp-island") passProps(old, wanted);
    else morphElement(old, wanted, run);
  }
}

function passProps(old: Element, wanted: Element): void {
  const props = wanted.getAttribute("props") ?? "{}";
  if (old.getAttribute("props") !== props) old.setAttribute("props", props);
}

function morphAttributes(old: Element, next: Element): void {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
