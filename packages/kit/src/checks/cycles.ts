import type { Graph } from "./graph.ts";
import type { Violation } from "./violation.ts";

/**
 * Finds groups of files that import each other while they load. Types and `import()` do not count: neither runs code
 * before the importing file is ready. One violation for each group, with a shortest way round.
 */
export const checkCycles = (graph: Graph): Violation[] =>
  circlesIn(graph).map((circle) => {
    const way = shortestWayRound(graph, circle);
    const line = graph.edges.get(way[0] ?? "")?.find(({ to }) => "file" in to && to.file === way[1])?.via.line ?? 1;
    return {
      rule: "import-cycles",
      file: way[0] ?? "",
      line,
      problem: `${way.join(" -> ")}.`,
      instead: "Move what they share into a file that imports neither, or import the type only.",
    };
  });

const importedBy = (graph: Graph, file: string): string[] =>
  (graph.edges.get(file) ?? []).flatMap(({ to, via }) =>
    "file" in to && !via.typeOnly && !via.dynamic ? [to.file] : [],
  );

/** Strongly connected groups, by Tarjan's algorithm; a file that imports itself is a group too. Each sorted by path. */
const circlesIn = (graph: Graph): string[][] => {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    lowest.set(file, index);
    stack.push(file);
    for (const next of importedBy(graph, file)) {
      const reach = order.has(next) ? (stack.includes(next) ? (order.get(next) ?? index) : index) : visit(next);
      lowest.set(file, Math.min(lowest.get(file) ?? index, reach));
    }
    if (lowest.get(file) === index) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1 || importedBy(graph, file).includes(file)) circles.push(circle.sort());
    }
    return lowest.get(file) ?? index;
  };
  for (const file of graph.edges.keys()) if (!order.has(file)) visit(file);
  return circles;
};

/** From the first file of a circle back to itself, by breadth first search inside the circle. */
const shortestWayRound = (graph: Graph, circle: readonly string[]): string[] => {
  const start = circle[0] ?? "";
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of importedBy(graph, way.at(-1) ?? "")) {
      if (next === start) return [...way, start];
      if (!circle.includes(next) || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return [start];
};
