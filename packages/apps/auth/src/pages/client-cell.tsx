import { browserName } from "../browser-name.ts";

/** What somebody signed in with, and from where. */
export const ClientCell = ({ userAgent, from }: { userAgent: string; from: string }) => (
  <span className="grid gap-0.5">
    <span title={userAgent}>{browserName(userAgent)}</span>
    <span className="text-sm font-normal text-soft wrap-anywhere">{from}</span>
  </span>
);
