import type { Graph } from "./graph.ts";
import { isTest } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Libraries that are the language of every layer rather than a way out of the process. */
const COMMON = /^(zod|react|@orpc\/.*|@homeport\/.*|node:.*|bun)$/;

/**
 * In an app, an adapter is the only file that imports its library: nothing else has to change when the library does.
 * Types count too, because a type of the library in a signature spreads it as well.
 */
export const checkAdapterLibraries = (graph: Graph): Violation[] => {
  const uses = [...graph.edges.values()].flat().flatMap(({ from, to, via }) => {
    const app = /^packages\/apps\/[^/]+\//.exec(from)?.[0];
    if (app === undefined || isTest(from) || !("library" in to) || COMMON.test(to.library)) return [];
    return [
      { app, library: to.library, file: from, line: via.line, isAdapter: from.startsWith(`${app}src/adapters/`) },
    ];
  });
  return uses.flatMap((use) => {
    const owner = uses.find((other) => other.isAdapter && other.app === use.app && other.library === use.library);
    if (owner === undefined || owner.file === use.file) return [];
    return [
      {
        rule: "adapter-libraries",
        file: use.file,
        line: use.line,
        problem: `${use.library} belongs to ${owner.file}.`,
        instead: "Go through the port that the adapter fills, or move what needs the library into it.",
      },
    ];
  });
};
