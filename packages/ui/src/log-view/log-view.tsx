import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { classNames } from "../class-names.ts";
import { ArrowDownToLine } from "../icons.ts";
import { EarlierLines } from "./earlier-lines.tsx";
import type { LogLine } from "./line.ts";
import { Lines, StaticLines } from "./lines.tsx";
import { NoLines } from "./no-lines.tsx";
import { LogToolbar, SearchBox } from "./toolbar.tsx";
import { useFollow } from "./use-follow.ts";
import { useLog } from "./use-log.ts";
import { usePreference } from "./use-preference.ts";
import { useSearch } from "./use-search.ts";

export interface LogViewProps {
  /** What log this is; names the region. */
  label: string;
  /** Server-sent events, see README. Absent: nothing is live. */
  url?: string | undefined;
  /** JSON of older lines, see README. */
  historyUrl?: string | undefined;
  downloadUrl?: string | undefined;
  /** Rendered by the server, readable without scripts; the stream continues after the last of them. */
  lines?: LogLine[] | undefined;
  /** The log is complete: no stream is opened. */
  ended?: boolean | undefined;
  /** Shown while there is no line. */
  emptyHint?: string | undefined;
  height?: "sm" | "md" | "lg" | undefined;
}

const HEIGHT = { sm: "h-64", md: "h-112", lg: "h-[70dvh]" };

/** A log: live, searchable, however long. Another log is another view, also when an update puts it in the same place. */
export function LogView(props: LogViewProps): ReactNode {
  return <LogPanel key={props.url ?? props.historyUrl ?? props.label} {...props} />;
}

function LogPanel({ label, downloadUrl, emptyHint, height = "md", ...source }: LogViewProps): ReactNode {
  const log = useLog(source);
  const { snapshot } = log;
  const scroller = useRef<HTMLDivElement>(null);
  const searchInput = useRef<HTMLInputElement>(null);
  const { following, setFollowing } = useFollow(scroller);
  const search = useSearch(snapshot);
  const [wrap, toggleWrap] = usePreference("wrap");
  const [timestamps, toggleTimestamps] = usePreference("timestamps");
  const hydrated = useHydrated();
  const look = { wrap, timestamps, replicas: snapshot.replicas, query: search.query };

  const focusSearch = (event: KeyboardEvent): void => {
    const find = event.key === "/" || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f");
    if (!find || event.target === searchInput.current) return;
    // The browser's own search sees only the lines in view.
    event.preventDefault();
    searchInput.current?.focus();
    searchInput.current?.select();
  };
  return (
    <section
      aria-label={label}
      onKeyDown={focusSearch}
      className="relative overflow-hidden rounded-lg border border-term-line bg-term text-term-ink scheme-dark"
    >
      <LogToolbar
        label={label}
        state={log.state}
        lineCount={snapshot.lines.length}
        timestamps={timestamps}
        wrap={wrap}
        following={following}
        onTimestamps={toggleTimestamps}
        onWrap={toggleWrap}
        onFollow={() => setFollowing(!following)}
        downloadUrl={downloadUrl}
        search={
          <SearchBox
            inputRef={searchInput}
            query={search.query}
            matchCount={search.matchCount}
            place={search.place}
            onQuery={search.setQuery}
            onStep={(direction) => {
              setFollowing(false);
              search.step(direction);
            }}
          />
        }
      />
      <EarlierLines log={log} />
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={`${label}, lines`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className={classNames("overflow-auto py-2 font-mono text-xs -outline-offset-2", HEIGHT[height])}
      >
        {hydrated ? (
          <Lines scroller={scroller} snapshot={snapshot} following={following} current={search.current} {...look} />
        ) : (
          <StaticLines lines={snapshot.lines} {...look} />
        )}
        {snapshot.lines.length === 0 ? <NoLines log={log} hint={emptyHint} /> : null}
      </div>
      {following || snapshot.lines.length === 0 ? null : (
        <button
          type="button"
          onClick={() => setFollowing(true)}
          className="absolute end-5 bottom-4 inline-flex h-9 cursor-pointer items-center gap-1.5 rounded-full bg-accent px-3.5 text-sm font-medium text-on-accent shadow-float hover:bg-accent-strong [&_svg]:size-4"
        >
          <ArrowDownToLine aria-hidden /> Jump to latest
        </button>
      )}
    </section>
  );
}

/** False on the server and in the first rendering of the browser, which must be alike. */
function useHydrated(): boolean {
  const [hydrated, setHydrated] = useState(false);
  useEffect(() => setHydrated(true), []);
  return hydrated;
}
