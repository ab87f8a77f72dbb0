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

/** The lines of a log, live: opens the stream while mounted and fetches older lines on demand. */
export function useLog({ url, historyUrl, lines, ended = false }: LogSource): Log {
  // A page that is brought up to date may call the log ended before its last lines came: the stream knows better.
  const [wasEnded] = useState(ended);
  const [buffer] = useState(() => new LogBuffer(lines ?? []));
  const [state, setState] = useState<StreamState>(ended ? "ended" : url === undefined ? "idle" : "connecting");
  const [earlier, setEarlier] = useState<Earlier>(historyUrl === undefined ? "beginning" : "more");
  const left = useRef<AbortController | null>(null);
  const snapshot = useSyncExternalStore(buffer.subscribe, buffer.snapshot, buffer.snapshot);

  useEffect(() => {
    const own = new AbortController();
    left.current = own;
    if (url !== undefined && !wasEnded) {
      const on = {
        lastNumber: () => buffer.lastNumber(),
        line: (line: LogLine) => buffer.push(line),
        state: setState,
      };
      followLog(url, on, own.signal);
    }
    return () => {
      own.abort();
      buffer.close();
    };
  }, [buffer, url, wasEnded]);

  const loadEarlier = useCallback(() => {
    const first = snapshot.lines[0]?.n;
    const signal = left.current?.signal;
    if (historyUrl === undefined || first === undefined || signal === undefined) return;
    setEarlier("loading");
    fetchEarlier(historyUrl, first, signal).then(
      (older) => {
        buffer.prepend(older);
        setEarlier(older.length === 0 || older[0]?.n === 1 ? "beginning" : "more");
      },
      () => {
        if (!signal.aborted) setEarlier("failed");
      },
    );
  }, [buffer, historyUrl, snapshot]);

  const atBeginning = snapshot.lines[0]?.n === 1 || snapshot.lines.length === 0;
  return { snapshot, state, earlier: atBeginning ? "beginning" : earlier, loadEarlier };
}
