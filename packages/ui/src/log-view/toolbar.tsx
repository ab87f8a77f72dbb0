import type { ReactNode, RefObject } from "react";
import { classNames } from "../class-names.ts";
import { ArrowDownToLine, ChevronDown, ChevronUp, Clock, Download, Search, WrapText } from "../icons.ts";
import type { StreamState } from "./log-stream.ts";

const STATE: Record<StreamState, { words: string; dot: string }> = {
  connecting: { words: "connecting…", dot: "animate-breathe bg-neutral-solid" },
  live: { words: "live", dot: "bg-success-solid" },
  reconnecting: { words: "reconnecting…", dot: "animate-breathe bg-warning-solid" },
  ended: { words: "ended", dot: "bg-neutral-solid" },
  refused: { words: "stopped", dot: "bg-danger-solid" },
  idle: { words: "stored", dot: "bg-neutral-solid" },
};

const TOOL =
  "grid size-8 shrink-0 cursor-pointer place-items-center rounded-md text-soft hover:bg-hover hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong pointer-coarse:size-10 [&_svg]:size-4";

export interface ToolbarProps {
  label: string;
  state: StreamState;
  lineCount: number;
  search: ReactNode;
  timestamps: boolean;
  wrap: boolean;
  following: boolean;
  onTimestamps(): void;
  onWrap(): void;
  onFollow(): void;
  downloadUrl: string | undefined;
}

export function LogToolbar(props: ToolbarProps): ReactNode {
  const state = STATE[props.state];
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-term-line bg-term-raised px-3 py-2">
      <div className="flex min-w-0 items-center gap-2.5">
        <span className="truncate font-medium">{props.label}</span>
        <span
          role="status"
          data-state={props.state}
          className="flex items-center gap-1.5 text-xs whitespace-nowrap text-soft"
        >
          <span aria-hidden className={classNames("size-2 rounded-full", state.dot)} />
          {state.words}
        </span>
        <span className="hidden text-xs whitespace-nowrap text-faint tabular-nums sm:inline">
          {props.lineCount.toLocaleString("en")} {props.lineCount === 1 ? "line" : "lines"}
        </span>
      </div>
      <div className="hp-needs-script ms-auto flex min-w-0 flex-1 basis-full flex-wrap items-center justify-end gap-1 sm:basis-auto sm:flex-nowrap">
        {props.search}
        <Toggle
          label="Show times"
          pressed={props.timestamps}
          onPress={props.onTimestamps}
          icon={<Clock aria-hidden />}
        />
        <Toggle label="Wrap lines" pressed={props.wrap} onPress={props.onWrap} icon={<WrapText aria-hidden />} />
        <Toggle
          label="Follow newest line"
          pressed={props.following}
          onPress={props.onFollow}
          icon={<ArrowDownToLine aria-hidden />}
        />
        {props.downloadUrl === undefined ? null : (
          <a
            href={props.downloadUrl}
            download
            aria-label="Download the whole log"
            title="Download the whole log"
            className={TOOL}
          >
            <Download aria-hidden />
          </a>
        )}
      </div>
    </div>
  );
}

function Toggle(props: { label: string; pressed: boolean; onPress(): void; icon: ReactNode }): ReactNode {
  return (
    <button
      type="button"
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={props.label}
      onClick={props.onPress}
      className={TOOL}
    >
      {props.icon}
    </button>
  );
}

export interface SearchBoxProps {
  inputRef: RefObject<HTMLInputElement | null>;
  query: string;
  matchCount: number;
  /** Place of the current match, from 1; 0 before the first step. */
  place: number;
  onQuery(query: string): void;
  /** 1 for the next match, -1 for the one before. */
  onStep(direction: 1 | -1): void;
}

export function SearchBox({ inputRef, query, matchCount, place, onQuery, onStep }: SearchBoxProps): ReactNode {
  return (
    <div className="flex min-w-40 flex-1 basis-full items-center rounded-md border border-edge bg-term ps-2.5 focus-within:outline-2 focus-within:outline-focus sm:max-w-80 sm:basis-auto">
      <Search aria-hidden className="size-4 shrink-0 text-soft" />
      <input
        ref={inputRef}
        type="search"
        aria-label="Search this log"
        placeholder="Search"
        value={query}
        maxLength={200}
        onChange={(event) => onQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            onStep(event.shiftKey ? -1 : 1);
          }
          if (event.key === "Escape") onQuery("");
        }}
        className="h-8 min-w-0 flex-1 bg-transparent px-2 text-sm text-ink outline-none placeholder:text-faint pointer-coarse:h-10 pointer-coarse:text-lg"
      />
      <span role="status" className="px-1 text-xs whitespace-nowrap text-soft tabular-nums">
        {query === "" ? "" : matchCount === 0 ? "no match" : `${place} of ${matchCount}`}
      </span>
      <button
        type="button"
        aria-label="Previous match"
        onClick={() => onStep(-1)}
        disabled={matchCount === 0}
        className={STEP}
      >
        <ChevronUp aria-hidden />
      </button>
      <button
        type="button"
        aria-label="Next match"
        onClick={() => onStep(1)}
        disabled={matchCount === 0}
        className={STEP}
      >
        <ChevronDown aria-hidden />
      </button>
    </div>
  );
}

const STEP =
  "grid size-8 shrink-0 cursor-pointer place-items-center rounded-md text-soft hover:text-ink disabled:cursor-default disabled:text-edge [&_svg]:size-4";
