import { join } from "node:path";
import type { Contract } from "../contract.ts";
import type { Manifest } from "../manifest.ts";
import type { Tree } from "./tree.ts";

/** What an app declares about itself. `null` where the file is missing or exports no such thing. */
export type DeclaredApp = {
  /** Name of the folder below packages/apps/. */
  folder: string;
  manifest: Manifest | null;
  /** The exported contracts by export name. */
  contracts: ReadonlyMap<string, Contract>;
};

export const manifestFile = (folder: string): string => `packages/apps/${folder}/src/manifest.ts`;
export const contractFile = (folder: string): string => `packages/apps/${folder}/src/contract.ts`;

export const appFolders = (tree: Tree): string[] => {
  const folders = [...tree.files.keys()].flatMap((path) => /^packages\/apps\/([^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
};

/** Loads the manifest and the contract of every app; both are plain data, so loading them starts nothing. */
export const loadApps = (tree: Tree): Promise<DeclaredApp[]> =>
  Promise.all(
    appFolders(tree).map(async (folder) => {
      const manifest = Object.values(await load(tree, manifestFile(folder))).find(isManifest) ?? null;
      const exported = Object.entries(await load(tree, contractFile(folder)));
      return { folder, manifest, contracts: new Map(exported.filter(isContractExport)) };
    }),
  );

const load = async (tree: Tree, file: string): Promise<Record<string, unknown>> =>
  tree.files.has(file) ? ((await import(join(tree.root, file))) as Record<string, unknown>) : {};

const isManifest = (value: unknown): value is Manifest =>
  typeof value === "object" && value !== null && "id" in value && "routes" in value && "actions" in value;

/**
 * Zod schemas and constants live beside the contract. A contract is a plain object of procedures and of more such
 * objects, or an empty one: an app may have pages and streams only.
 */
const isContractExport = (entry: [string, unknown]): entry is [string, Contract] => isContract(entry[1]);

const isContract = (value: unknown): value is Contract => {
  if (typeof value !== "object" || value === null) return false;
  if ("~orpc" in value) return true;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isContract);
};
