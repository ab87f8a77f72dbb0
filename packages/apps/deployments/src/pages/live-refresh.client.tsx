import { refresh } from "@homeport/ui/navigate";
import { useEffect } from "react";

export type LiveRefreshProps = {
  /** Event types, with `*` at the end for a prefix. */
  types: string[];
  /** Only events whose data has this service; all of the organisation when absent. */
  serviceId?: string;
};

const CLOUD_EVENT_DATA = "data";

/** Shows the page anew when something on it has changed. It has no look of its own. */
export function LiveRefresh({ types, serviceId }: LiveRefreshProps) {
  const query = types.join(",");
  useEffect(() => {
    const source = new EventSource(`/api/v1/dashboard/events?types=${encodeURIComponent(query)}`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.onmessage = (message) => {
      if (!concerns(message.data, serviceId)) return;
      clearTimeout(timer);
      timer = setTimeout(refresh, 100); // several events of one step are one change
    };
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [query, serviceId]);
  return null;
}

const concerns = (text: string, serviceId: string | undefined): boolean => {
  if (serviceId === undefined) return true;
  const event: unknown = JSON.parse(text);
  if (typeof event !== "object" || event === null || !(CLOUD_EVENT_DATA in event)) return false;
  const { data } = event;
  return typeof data === "object" && data !== null && "serviceId" in data && data.serviceId === serviceId;
};
