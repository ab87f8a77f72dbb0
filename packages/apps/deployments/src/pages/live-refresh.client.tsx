import { refresh } from "@homeport/ui/navigate";
import { streamRefusal, tellRefusal } from "@homeport/ui/stream-refusal";
import { useEffect } from "react";

export type LiveRefreshProps = {
  /** Event types, with `*` at the end for a prefix. */
  types: string[];
  /** Only events whose data has this service; all of the organisation when absent. */
  serviceId?: string;
};

/** After an error answer, as of a gateway whose apps restart, the browser gives up. */
const RETRY_MS = 3_000;
const CLOUD_EVENT_DATA = "data";

/** Shows the page anew when something on it has changed. It has no look of its own. */
export function LiveRefresh({ types, serviceId }: LiveRefreshProps) {
  const url = `/api/v1/dashboard/events?types=${encodeURIComponent(types.join(","))}`;
  useEffect(() => {
    let source: EventSource;
    const left = new AbortController();
    let changed: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const refreshSoon = () => {
      clearTimeout(changed);
      changed = setTimeout(refresh, 100); // several events of one step are one change
    };
    const open = () => {
      source = new EventSource(url);
      source.onmessage = (message) => {
        if (concerns(message.data, serviceId)) refreshSoon();
      };
      source.addEventListener("reset", refreshSoon);
      // Of what happened after the page was made and before the stream began, no event tells.
      source.addEventListener("open", refreshSoon, { once: true });
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return; // the browser connects again, with Last-Event-ID
        void openAgain();
      };
    };
    const openAgain = async () => {
      const refusal = await streamRefusal(url, left.signal);
      if (left.signal.aborted) return;
      // 404 is the answer while the app with the events is not there.
      if (refusal === null || refusal === 404) retry = setTimeout(open, RETRY_MS);
      else tellRefusal(refusal);
    };
    open();
    return () => {
      left.abort();
      clearTimeout(changed);
      clearTimeout(retry);
      source.close();
    };
  }, [url, serviceId]);
  return null;
}

const concerns = (text: string, serviceId: string | undefined): boolean => {
  if (serviceId === undefined) return true;
  const event: unknown = JSON.parse(text);
  if (typeof event !== "object" || event === null || !(CLOUD_EVENT_DATA in event)) return false;
  const { data } = event;
  return typeof data === "object" && data !== null && "serviceId" in data && data.serviceId === serviceId;
};
