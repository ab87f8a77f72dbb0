import { type DeclaredApp, manifestFile } from "./apps.ts";
import { checkGenerated, type Generated, markdownTable } from "./generated.ts";
import type { Tree } from "./tree.ts";
import { lineOf, type Violation } from "./violation.ts";

/** Every app folder is whole, and every list of apps is made from the manifests. */
export const checkManifests = (tree: Tree, apps: readonly DeclaredApp[]): Violation[] => [
  ...apps.flatMap((app) => folderViolations(tree, app)),
  ...checkGenerated(tree, "manifest-drift", appList(apps)),
  ...checkGenerated(tree, "manifest-drift", appTable(apps)),
];

/** What standalone starts: each app's entry, by id. Imported by path, so that adding an app touches no package.json. */
export const appList = (apps: readonly DeclaredApp[]): Generated => {
  const lines = apps.map(({ folder }) => `  ${key(folder)}: () => import("../../apps/${folder}/src/index.ts"),\n`);
  return {
    file: "packages/standalone/src/apps.generated.ts",
    marker: null,
    content: `// Generated from packages/apps/*/src/manifest.ts by \`bun packages/kit/src/checks/cli.ts --write\`. Do not edit.

/** Loads the entry of each app, by app id. */
export const APPS = {
${lines.join("")}} as const;
`,
  };
};

export const appTable = (apps: readonly DeclaredApp[]): Generated => {
  const rows = apps.flatMap(({ folder, manifest }) =>
    manifest === null
      ? []
      : [
          [
            `[${folder}](../packages/apps/${folder}/README.md)`,
            manifest.description,
            [`/api/v1/${manifest.id}`, ...manifest.routes].map((route) => `\`${route}\``).join(" "),
          ],
        ],
  );
  const content = markdownTable(["app", "owns", "routes"], rows);
  return { file: "references/architecture.md", marker: "apps", content };
};

const folderViolations = (tree: Tree, { folder, manifest }: DeclaredApp): Violation[] => {
  const file = manifestFile(folder);
  const text = tree.files.get(file)?.text;
  const at = { rule: "manifest-drift", file, line: 1 };
  const missing = (path: string, instead: string): Violation[] =>
    tree.files.has(path) ? [] : [{ ...at, file: path, problem: "is missing.", instead }];
  const base = `packages/apps/${folder}`;
  const migrations = `${base}/src/migrations/`;
  const hasTables = [...tree.files.keys()].some(
    (path) => path.startsWith(migrations) && /\/\d+_[^/]+\.sql$/.test(path),
  );
  return [
    ...missing(`${base}/README.md`, "Say what the app owns, its routes, its tables, its environment variables."),
    ...(hasTables ? missing(`${migrations}schema.sql`, "Dump the schema that the migrations make.") : []),
    ...(manifest === null
      ? [{ ...at, problem: "declares no manifest.", instead: "Export one with defineManifest of kit." }]
      : []),
    ...(manifest !== null && manifest.id !== folder
      ? [
          {
            ...at,
            line: lineOf(text ?? "", `"${manifest.id}"`),
            problem: `The id "${manifest.id}" is not the name of the folder.`,
            instead: `Name both "${folder}".`,
          },
        ]
      : []),
  ];
};

const key = (folder: string): string => (/^[a-z][a-z0-9]*$/.test(folder) ? folder : `"${folder}"`);
