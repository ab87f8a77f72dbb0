import { type Contract, type ContractRow, contractRows } from "../contract.ts";
import { contractFile, type DeclaredApp } from "./apps.ts";
import type { Tree } from "./tree.ts";
import { lineOf, type Violation } from "./violation.ts";

/** Every route names an action that the app's manifest grants to somebody, and the resource it acts on. */
export const checkContracts = (tree: Tree, apps: readonly DeclaredApp[]): Violation[] =>
  apps.flatMap((app) => {
    const file = contractFile(app.folder);
    const text = tree.files.get(file)?.text;
    if (text === undefined) return [];
    if (app.contracts.size === 0)
      return [violation(file, 1, "exports no contract.", "Export the routes as one object.")];
    const actions = Object.keys(app.manifest?.actions ?? {});
    return rowsOf(app.contracts).flatMap((row) =>
      problemsOf(row, actions).map(([problem, instead]) =>
        violation(file, lineOf(text, `"${row.path}"`), `${row.method} ${row.path} (${row.name}) ${problem}`, instead),
      ),
    );
  });

/** A contract that is also exported part by part is looked at once. */
const rowsOf = (contracts: ReadonlyMap<string, Contract>): ContractRow[] => {
  const rows = [...contracts.values()].flatMap((contract) => contractRows(contract));
  return [...new Map(rows.map((row) => [`${row.method} ${row.path}`, row])).values()];
};

const problemsOf = (row: ContractRow, actions: readonly string[]): [problem: string, instead: string][] => [
  ...(row.action === ""
    ? [["has no action.", "Declare it with kit's route(), which asks for one."] as [string, string]]
    : []),
  ...(row.resource === ""
    ? [
        ["has no resource.", "Name what it acts on: public, platform, organisation, or a kind with a loader."] as [
          string,
          string,
        ],
      ]
    : []),
  ...(row.action !== "" && !actions.includes(row.action)
    ? [
        [`performs "${row.action}", which nobody may do.`, "Declare the action and its roles in manifest.ts."] as [
          string,
          string,
        ],
      ]
    : []),
];

const violation = (file: string, line: number, problem: string, instead: string): Violation => ({
  rule: "contract-actions",
  file,
  line,
  problem,
  instead,
});
