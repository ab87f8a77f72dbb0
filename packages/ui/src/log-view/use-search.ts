import { useRef, useState } from "react";
import type { LogSnapshot } from "./log-buffer.ts";
import { findMatches, type Matches, NO_MATCHES } from "./search.ts";

export interface LogSearch {
  query: string;
  matchCount: number;
  place: number;
  /** Number of the line the search is at. */
  current: number | null;
  setQuery(query: string): void;
  step(direction: 1 | -1): void;
}

/** The search of a log: what matches, and a place among the matches that stays on its line while lines come in. */
export function useSearch(snapshot: LogSnapshot): LogSearch {
  const [query, setQuery] = useState("");
  const [current, setCurrent] = useState<number | null>(null);
  const known = useRef<Matches>(NO_MATCHES);
  // Only what is new since the last rendering is searched; the result is the same whichever rendering comes first.
  known.current = findMatches(known.current, snapshot.lines, query);
  const { numbers } = known.current;

  return {
    query,
    matchCount: numbers.length,
    place: current === null ? 0 : numbers.indexOf(current) + 1,
    current,
    setQuery(next) {
      setQuery(next);
      setCurrent(null);
    },
    step(direction) {
      if (numbers.length === 0) return;
      const at = current === null ? -1 : numbers.indexOf(current);
      // The first step goes to the newest match, the one that is most likely in view.
      const next = at === -1 ? numbers.length - 1 : (at + direction + numbers.length) % numbers.length;
      setCurrent(numbers[next] ?? null);
    },
  };
}
