import { SORTS, type Sort } from "../route-list.ts";
import { DEFAULT_VIEW, type View } from "./paths.ts";

const MAX_TEXT = 200;

/** What the address asks for; what it cannot mean is the default. */
export const readView = (query: URLSearchParams): View => {
  const text = (name: string) => (query.get(name) ?? "").trim().slice(0, MAX_TEXT);
  const sort = text("sort");
  const statusClass = text("class");
  return {
    name: text("name"),
    sort: isSort(sort) ? sort : DEFAULT_VIEW.sort,
    all: text("rows") === "all",
    route: text("route"),
    statusClass: /^[0-5]$/.test(statusClass) ? statusClass : "",
  };
};

const isSort = (word: string): word is Sort => Object.hasOwn(SORTS, word);
