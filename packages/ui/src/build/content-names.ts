/** A module as the bundler named it; its text refers to others by `./<name>`. */
export interface BuiltFile {
  name: string;
  text: string;
}

const HASH_LENGTH = 16;

/**
 * Names every file by the SHA-256 of its bytes, and rewrites the names inside the files to match. The bundler's own names depend on
 * the folder it ran in, so two machines would not agree. Files that import each other in a circle cannot each contain the
 * other's hash: they take the hash of the circle, with their own names blanked.
 *
 * Returns the new name of every old one, and the rewritten files.
 */
export function nameByContent(files: readonly BuiltFile[]): { names: Map<string, string>; files: BuiltFile[] } {
  const byName = new Map(files.map((file) => [file.name, file]));
  const names = new Map<string, string>();
  const renamed: BuiltFile[] = [];
  for (const circle of circles(files, byName)) {
    const blanked = circle.map((file) => replaceNames(file.text, names, circle)).sort();
    const hash = new Bun.CryptoHasher("sha256").update(blanked.join("\0")).digest("hex").slice(0, HASH_LENGTH);
    for (const file of circle) names.set(file.name, `${stemOf(file.name)}-${hash}.js`);
    for (const file of circle)
      renamed.push({ name: names.get(file.name) ?? file.name, text: replaceNames(file.text, names, []) });
  }
  return { names, files: renamed };
}

/** `log-view.island-3bb2c7jm.js` is `log-view.island`. */
const stemOf = (name: string): string => name.replace(/(-[^-]*)?\.js$/, "");

const REFERENCE = /(["'`])\.\/([\w.-]+\.js)\1/g;

function replaceNames(text: string, names: ReadonlyMap<string, string>, blanked: readonly BuiltFile[]): string {
  return text.replaceAll(REFERENCE, (whole, quote: string, name: string) => {
    const place = blanked.findIndex((file) => file.name === name);
    if (place !== -1) return `${quote}./${stemOf(name)}${quote}`;
    const next = names.get(name);
    return next === undefined ? whole : `${quote}./${next}${quote}`;
  });
}

/** Files this one refers to, among those of the build. */
export const referencesOf = (text: string, known: (name: string) => boolean): string[] =>
  [...new Set(Array.from(text.matchAll(REFERENCE), (match) => match[2] ?? ""))].filter(known);

/** Groups of files that import each other, each after everything it imports (Tarjan's strongly connected components). */
function circles(files: readonly BuiltFile[], byName: ReadonlyMap<string, BuiltFile>): BuiltFile[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: BuiltFile[] = [];
  const found: BuiltFile[][] = [];
  const visit = (file: BuiltFile): void => {
    const own = index.size;
    index.set(file.name, own);
    low.set(file.name, own);
    stack.push(file);
    for (const name of referencesOf(file.text, (one) => byName.has(one))) {
      const next = byName.get(name);
      if (next === undefined) continue;
      if (!index.has(name)) visit(next);
      else if (!stack.includes(next)) continue;
      low.set(file.name, Math.min(low.get(file.name) ?? own, low.get(name) ?? own));
    }
    if (low.get(file.name) === own) found.push(stack.splice(stack.indexOf(file)));
  };
  for (const file of files) if (!index.has(file.name)) visit(file);
  return found;
}
