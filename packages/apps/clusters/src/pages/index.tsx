import type { Page } from "@homeport/kit/page.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { pageOfNodes } from "../service/nodes.ts";
import { NodesPage } from "./nodes.page.tsx";

const NODES_SHOWN = 50;

export const paths = {
  nodes: (cursor?: string) => (cursor === undefined ? "/nodes" : `/nodes?cursor=${encodeURIComponent(cursor)}`),
};

export const pages = (deps: ClustersDeps): Page[] => [
  {
    path: "/nodes",
    action: "node:read",
    resource: "platform",
    async render({ url }) {
      const cursor = url.searchParams.get("cursor") ?? undefined;
      const { items, nextCursor } = await pageOfNodes(deps, { cursor, limit: NODES_SHOWN });
      const nextHref = nextCursor === null ? undefined : paths.nodes(nextCursor);
      return { title: "Nodes", body: <NodesPage nodes={items} nextHref={nextHref} now={deps.clock()} /> };
    },
  },
];
