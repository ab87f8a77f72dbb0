import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { ClustersDeps } from "../service/deps.ts";
import { findClusterNode, pageOfNodes } from "../service/nodes.ts";
import { toNodeView } from "./to-wire.ts";

export const nodeHandlers = (deps: ClustersDeps): Pick<Handlers<typeof contract.nodes>, "list" | "get"> => ({
  async list(_context, page) {
    const { items, nextCursor } = await pageOfNodes(deps, page);
    return { items: items.map((node) => toNodeView(node, deps.clock())), nextCursor };
  },
  async get(_context, { nodeId }) {
    const node = await findClusterNode(deps, nodeId);
    if (node === null) throw new DomainError("not_found", "There is no such node.");
    return toNodeView(node, deps.clock());
  },
});
