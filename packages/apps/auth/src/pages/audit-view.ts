import { isId } from "@homeport/kit/ids.ts";

/** What the page of an audit log shows; all of it is in its address. Empty is not asked for; days are in UTC. */
export type AuditView = {
  action: string;
  actor: string;
  subject: string;
  project: string;
  from: string;
  to: string;
  text: string;
  cursor: string;
};

export const EMPTY_VIEW: AuditView = {
  action: "",
  actor: "",
  subject: "",
  project: "",
  from: "",
  to: "",
  text: "",
  cursor: "",
};

const MAX_TEXT = 100;

/** What the address asks for; what it cannot mean is left out. */
export const readAuditView = (query: URLSearchParams): AuditView => {
  const text = (name: keyof AuditView) => (query.get(name) ?? "").trim().slice(0, MAX_TEXT);
  const project = text("project");
  return {
    action: text("action"),
    actor: text("actor"),
    subject: text("subject"),
    project: isId(project) ? project : "",
    from: dayIn(text("from")),
    to: dayIn(text("to")),
    text: text("text"),
    cursor: text("cursor"),
  };
};

/** What is asked for, as the fields of a query. */
export const viewFields = (view: AuditView): Record<string, string> =>
  Object.fromEntries(Object.entries(view).filter(([, value]) => value !== ""));

export const isNarrowed = ({ cursor: _cursor, ...filter }: AuditView): boolean =>
  Object.values(filter).some((value) => value !== "");

const dayIn = (text: string): string =>
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : "";
