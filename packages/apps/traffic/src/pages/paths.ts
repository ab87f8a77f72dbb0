import type { Sort } from "../route-list.ts";

/** What the page of the gateway shows; all of it is in its address. `route` is an id, or `-` for requests that no route took. */
export type View = { name: string; sort: Sort; all: boolean; route: string; statusClass: string };

export const DEFAULT_VIEW: View = { name: "", sort: "requests", all: false, route: "", statusClass: "" };

/** What differs from the default, as the fields of a query; forms carry the rest of the view with them. */
export const viewFields = (view: View): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      name: view.name,
      sort: view.sort === DEFAULT_VIEW.sort ? "" : view.sort,
      rows: view.all ? "all" : "",
      route: view.route,
      class: view.statusClass,
    }).filter(([, value]) => value !== ""),
  );

/** Every address of this app's pages; nothing else builds one. */
export const paths = {
  gateway(change: Partial<View> = {}, part = "") {
    const query = new URLSearchParams(viewFields({ ...DEFAULT_VIEW, ...change })).toString();
    return `/admin/gateway${query === "" ? "" : `?${query}`}${part === "" ? "" : `#${part}`}`;
  },
  policies: (cursor?: string) =>
    cursor === undefined ? "/admin/gateway/policies" : `/admin/gateway/policies?cursor=${encodeURIComponent(cursor)}`,
  policy: (host: string) => `/admin/gateway/policies/${encodeURIComponent(host)}`,
  removePolicy: (host: string) => `/admin/gateway/policies/${encodeURIComponent(host)}/remove`,
};
