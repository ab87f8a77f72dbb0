import { join } from "node:path";
import { actionReference, checkActions } from "./action-reference.ts";
import { checkAdapterLibraries } from "./adapter-libraries.ts";
import { loadApps } from "./apps.ts";
import { checkBoundaries } from "./boundaries.ts";
import { checkContracts } from "./contracts.ts";
import { checkCycles } from "./cycles.ts";
import { checkEnv, envReference, loadEnv } from "./env-reference.ts";
import { applyGenerated, type Generated } from "./generated.ts";
import { graphOf } from "./graph.ts";
import { appList, appTable, checkManifests } from "./manifests.ts";
import { checkSource } from "./rules/all.ts";
import { checkSettings, settingsReference } from "./settings-reference.ts";
import { readTree, type Tree } from "./tree.ts";
import { compareViolations, formatViolation, type Violation } from "./violation.ts";

/**
 * The rules of the house that neither the compiler nor the linter knows. Prints each violation and exits with 1 if there
 * is one; `--write` brings the generated files up to date first. A folder may be given to look at another tree.
 */
const main = async (args: readonly string[]): Promise<number> => {
  const startedAt = performance.now();
  const root = args.find((arg) => !arg.startsWith("-")) ?? join(import.meta.dir, "../../../..");
  if (args.includes("--write")) await write(await readTree(root));
  const tree = await readTree(root);
  const violations = await check(tree);
  for (const violation of violations.sort(compareViolations)) console.log(formatViolation(violation));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`House rules: ${tree.files.size} files, ${violations.length} violations, ${seconds} s.`);
  return violations.length === 0 ? 0 : 1;
};

const check = async (tree: Tree): Promise<Violation[]> => {
  const graph = graphOf(tree);
  const apps = await loadApps(tree);
  return [
    ...checkSource(tree),
    ...checkBoundaries(graph),
    ...checkAdapterLibraries(graph),
    ...checkCycles(graph),
    ...checkContracts(tree, apps),
    ...checkEnv(tree, await loadEnv(tree)),
    ...checkManifests(tree, apps),
    ...checkSettings(tree, apps),
    ...checkActions(tree, apps),
  ];
};

const write = async (tree: Tree): Promise<void> => {
  const apps = await loadApps(tree);
  const generated: Generated[] = [
    envReference(await loadEnv(tree)),
    appList(apps),
    appTable(apps),
    settingsReference(apps),
    actionReference(apps),
  ];
  for (const item of generated) {
    const text = tree.files.get(item.file)?.text ?? "";
    const wanted = applyGenerated(text, item);
    if (wanted === null || wanted === text) continue;
    await Bun.write(join(tree.root, item.file), wanted);
    console.log(`Wrote ${item.file}.`);
  }
};

process.exit(await main(process.argv.slice(2)));
