import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { fetchEarlier } from "./history.ts";
import type { LogLine } from "./line.ts";
import { LogBuffer, type LogSnapshot } from "./log-buffer.ts";
import { followLog, type StreamState } from "./log-stream.ts";

export interface LogSource {
  url?: string | undefined;
  historyUrl?: string | undefined;
  lines?: readonly LogLine[] | undefined;
  ended?: boolean | undefined;
}

export type Earlier = "more" | "loading" | "failed" | "beginning";

export interface Log {
  snapshot: LogSnapshot;
  state: StreamState;
  earlier: Earlier;
  loadEarlier(): void;
}

/**
 * The lines of a log: follows the stream of a running one while mounted, fetches a finished one that came without lines, and older lines
 * on demand.
 */
export function useLog({ url, historyUrl, lines, ended = false }: LogSource): Log {
  const [buffer] = useState(() => new LogBuffer(lines ?? []));
  // A page that is brought up to date may call the log ended before its last lines came: the stream knows better.
  const [wasEnded] = useState(ended);
  const isEmpty = buffer.lastNumber() === null;
  const fetchesFirst = historyUrl !== undefined && isEmpty && (wasEnded || url === undefined);
  const follows = url !== undefined && !fetchesFirst && (!wasEnded || isEmpty);
  const [state, setState] = useState<StreamState>(wasEnded ? "ended" : url === undefined ? "idle" : "connecting");
  const [earlier, setEarlier] = useState<Earlier>(
    historyUrl === undefined ? "beginning" : fetchesFirst ? "loading" : "more",
  );
  const left = useRef<AbortController | null>(null);
  const snapshot = useSyncExternalStore(buffer.subscribe, buffer.snapshot, buffer.snapshot);

  const loadEarlier = useCallback(() => {
    const signal = left.current?.signal;
    if (historyUrl === undefined || signal === undefined) return;
    setEarlier("loading");
    fetchEarlier(historyUrl, buffer.firstNumber(), signal).then(
      (older) => {
        buffer.prepend(older);
        setEarlier(older.length === 0 ? "beginning" : "more");
      },
      () => {
        if (!signal.aborted) setEarlier("failed");
      },
    );
  }, [buffer, historyUrl]);

  // What to do was decided by what the view was mounted with.
  const first = useRef({ fetchesFirst, follows });
  useEffect(() => {
    const own = new AbortController();
    left.current = own;
    if (first.current.fetchesFirst) loadEarlier();
    if (first.current.follows && url !== undefined) {
      const line = (one: LogLine): void => buffer.push(one);
      followLog(url, { lastNumber: () => buffer.lastNumber(), line, state: setState }, own.signal);
    }
    return () => {
      own.abort();
      buffer.close();
    };
  }, [buffer, url, loadEarlier]);

  return { snapshot, state, earlier: snapshot.lines[0]?.n === 1 ? "beginning" : earlier, loadEarlier };
}
