import { IO_LIBRARIES, LAYERS, type Layer, type LayerRule, OWNED_LIBRARIES, PACKAGES } from "./boundary-table.ts";
import { type Edge, type Graph, librariesBehind } from "./graph.ts";
import { type Package, packageOf } from "./resolve.ts";
import { isTest } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Finds imports that cross a boundary of boundary-table.ts. Tests obey the rules between packages only. */
export const checkBoundaries = (graph: Graph): Violation[] =>
  [...graph.edges.values()].flat().flatMap((edge) => {
    const problem = betweenPackages(graph, edge) ?? (isTest(edge.from) ? null : insidePackage(graph, edge));
    return problem === null ? [] : [{ rule: "boundaries", file: edge.from, line: edge.via.line, ...problem }];
  });

type Problem = { problem: string; instead: string };

const betweenPackages = (graph: Graph, { from, to, via }: Edge): Problem | null => {
  const own = packageOf(graph.packages, from);
  if (own === null || "library" in to) return null;
  const other = packageOf(graph.packages, to.file);
  if (isTest(to.file) && !isTest(from)) {
    return { problem: `${to.file} is test code.`, instead: "Code that runs never imports tests or their helpers." };
  }
  if (other === null || other === own) return null;
  if (via.specifier.startsWith(".") && !isTest(from)) {
    return {
      problem: `"${via.specifier}" leaves the package.`,
      instead: `Import ${other.name} by its name, through its exports.`,
    };
  }
  const group = groupOf(own);
  const wanted = isContract(other, to.file) && PACKAGES[group]?.includes("contracts") ? "contracts" : groupOf(other);
  if (PACKAGES[group]?.includes(wanted) === true) return null;
  if (group === "app" && wanted === "app") {
    return {
      problem: `An app imports ${to.file} of another app.`,
      instead: "Apps share contract.ts only: call the other app through its client, or listen to its events.",
    };
  }
  return {
    problem: `packages/${group} may not import ${other.name}.`,
    instead: `It may import: ${PACKAGES[group]?.join(", ") || "nothing of this repository"}.`,
  };
};

const insidePackage = (graph: Graph, edge: Edge): Problem | null => {
  const { from, to, via } = edge;
  if ("library" in to && !via.typeOnly) {
    const owned = OWNED_LIBRARIES.find(({ library, owners }) => library === to.library && !owners.test(from));
    if (owned !== undefined) return { problem: `${to.library} has one owner.`, instead: owned.instead };
  }
  const own = packageOf(graph.packages, from);
  if (own === null || !isApp(own)) return null;
  const rule = layerRuleOf(own, from);
  if (rule === null) return null;
  if ("library" in to) return libraryProblem(rule, to.library, via.typeOnly);
  const target = layerOf(graph, own, to.file);
  if (target === null || mayImport(rule, target, via.typeOnly)) return null;
  const what = target === "kit" ? `${to.file}, which does I/O` : `${to.file} (${target})`;
  return { problem: `The ${rule.layer} layer may not import ${what}.`, instead: rule.instead };
};

const mayImport = ({ may, types = [] }: LayerRule, target: Layer, typeOnly: boolean): boolean => {
  if (may === "everything" || may.includes(target)) return true;
  return typeOnly && (target === "kit" || target === "plain-kit" || types.includes(target));
};

const libraryProblem = (rule: LayerRule, library: string, typeOnly: boolean): Problem | null => {
  const listed = rule.libraries === undefined || rule.libraries.includes(library);
  if (typeOnly || (listed && (rule.io || !IO_LIBRARIES.has(library)))) return null;
  return { problem: `The ${rule.layer} layer may not import ${library}.`, instead: rule.instead };
};

const doesIo = (graph: Graph, file: string): boolean =>
  [...librariesBehind(graph, file)].some((library) => IO_LIBRARIES.has(library));

const layerRuleOf = (own: Package, file: string): LayerRule | null => {
  const path = file.slice(own.folder.length + 1);
  if (!path.startsWith("src/")) return null;
  return LAYERS.find(({ files }) => files.test(path.slice("src/".length))) ?? null;
};

const layerOf = (graph: Graph, own: Package, file: string): Layer | null => {
  const target = packageOf(graph.packages, file);
  if (target === own) return layerRuleOf(own, file)?.layer ?? null;
  if (target === null) return null;
  if (isContract(target, file)) return "contracts";
  const group = groupOf(target);
  if (group === "kit") return doesIo(graph, file) ? "kit" : "plain-kit";
  return group === "ui" ? "ui" : null;
};

const isApp = ({ folder }: Package): boolean => folder.startsWith("packages/apps/");
const groupOf = (own: Package): string => (isApp(own) ? "app" : (own.folder.split("/")[1] ?? ""));
const isContract = (own: Package, file: string): boolean =>
  isApp(own) && /^src\/contract(\.ts$|\/)/.test(file.slice(own.folder.length + 1));
