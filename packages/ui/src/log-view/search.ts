import { plainText, type Segment } from "./ansi.ts";
import type { LogLine } from "./line.ts";

/** The line numbers that match, ascending, and how far the lines were looked at: a live log is only searched where it grew. */
export interface Matches {
  query: string;
  first: number;
  last: number;
  numbers: readonly number[];
}

export const NO_MATCHES: Matches = { query: "", first: 0, last: -1, numbers: [] };

/** Matches of `query` in `lines`, reusing what `before` already knows about the same query. Case does not matter. */
export function findMatches(before: Matches, lines: readonly LogLine[], query: string): Matches {
  const first = lines[0]?.n;
  const last = lines.at(-1)?.n;
  if (query === "" || first === undefined || last === undefined) return { ...NO_MATCHES, query };
  const known = before.query === query && before.last >= before.first ? before : null;
  const needle = query.toLowerCase();
  const scan = (from: number, to: number): number[] => {
    const found: number[] = [];
    for (let index = firstIndexFrom(lines, from); index < lines.length; index++) {
      const line = lines[index];
      if (line === undefined || line.n > to) break;
      if (plainText(line.text).toLowerCase().includes(needle)) found.push(line.n);
    }
    return found;
  };
  if (known === null) return { query, first, last, numbers: scan(first, last) };
  if (known.first === first && known.last === last) return known;
  const kept = known.numbers.filter((n) => n >= first && n <= last);
  const earlier = first < known.first ? scan(first, known.first - 1) : [];
  const later = last > known.last ? scan(known.last + 1, last) : [];
  return { query, first, last, numbers: [...earlier, ...kept, ...later] };
}

/** Index of the first line with a number of at least `n`; lines are in order of their numbers. */
export function firstIndexFrom(lines: readonly LogLine[], n: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.n ?? 0) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Splits segments so that every occurrence of `query` is a segment of its own, also where a colour changes inside it. */
export function markSegments(segments: readonly Segment[], query: string): (Segment & { hit: boolean })[] {
  const plain = segments.map((segment) => ({ ...segment, hit: false }));
  if (query === "") return plain;
  const text = segments
    .map((segment) => segment.text)
    .join("")
    .toLowerCase();
  const needle = query.toLowerCase();
  const edges: [number, number][] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
    edges.push([at, at + needle.length]);
  }
  if (edges.length === 0) return plain;
  const marked: (Segment & { hit: boolean })[] = [];
  let offset = 0;
  for (const segment of segments) {
    const end = offset + segment.text.length;
    let at = offset;
    const take = (to: number, hit: boolean): void => {
      if (to > at) marked.push({ ...segment, text: segment.text.slice(at - offset, to - offset), hit });
      at = Math.max(at, to);
    };
    for (const [from, to] of edges) {
      if (to <= offset || from >= end) continue;
      take(Math.max(from, offset), false);
      take(Math.min(to, end), true);
    }
    take(end, false);
    offset = end;
  }
  return marked;
}
