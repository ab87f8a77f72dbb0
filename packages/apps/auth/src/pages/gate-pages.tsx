import { GATE_RETURN, type GateRequest, gateReturnPath } from "@homeport/kit/gate.ts";
import { memberOf } from "@homeport/kit/http/context.ts";
import { type Page, type PageView, seeOther } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { GateRefusedPage, GateUnknownPage } from "./gate.page.tsx";
import { paths } from "./paths.ts";

/** The page that lets people through to a host behind platform sign-in: a redirect, unless they may not enter. */
export const gatePages = ({ gates }: UseCases): Page[] => [
  {
    path: paths.gate,
    action: "gate:enter",
    resource: "organisation",
    render: async (context) => {
      const query = context.url.searchParams;
      const gate = gates.read(query.get("request") ?? "");
      const member = memberOf(context);
      if (gate === null || gate.host !== query.get("host") || member.kind !== "person") return unknown();
      const ticket = await gates.admit(member.sessionId, gate);
      if (ticket === null) return refused(member.email, gate, context.url);
      return seeOther(returnAddress(gate, ticket, query.get("return")), {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
      });
    },
  },
];

const returnAddress = (gate: GateRequest, ticket: string, wanted: string | null): string => {
  const query = new URLSearchParams({ ticket, return: gateReturnPath(wanted) });
  return `${gate.origin}${GATE_RETURN}?${query}`;
};

const unknown = (): PageView => ({
  title: "Not a sign-in link",
  layout: "bare",
  status: 400,
  body: <GateUnknownPage />,
});

const refused = (email: string, gate: GateRequest, url: URL): PageView => ({
  title: "Not allowed",
  layout: "bare",
  status: 403,
  body: (
    <GateRefusedPage
      email={email}
      host={gate.host}
      other={`${paths.signIn}?next=${encodeURIComponent(url.pathname + url.search)}`}
    />
  ),
});
