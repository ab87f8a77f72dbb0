import { type LogLine, readLines } from "./line.ts";

const PAGE = 1000;
const TIMEOUT_MS = 20_000;

/**
 * The lines just before number `before`, the newest ones without it; an empty list means that there are no more. Rejects when they
 * cannot be had.
 */
export async function fetchEarlier(historyUrl: string, before: number | null, signal: AbortSignal): Promise<LogLine[]> {
  const url = new URL(historyUrl, location.href);
  if (before !== null) url.searchParams.set("before", String(before));
  url.searchParams.set("limit", String(PAGE));
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`The log's history answered ${response.status}.`);
  return readLines(await response.json(), PAGE);
}
