import type { SocketRoute } from "./socket.ts";

/** A route, and what path and query say, as text. */
export type SocketMatch = { route: SocketRoute; input: Record<string, unknown> };

/** Finds the socket at an address. Parts of the path win over a query of the same name. */
export const matchSocket = (routes: readonly SocketRoute[]): ((request: Request) => SocketMatch | null) => {
  const patterns = routes.map((route) => ({ route, ...compile(route.path) }));
  return (request) => {
    if (patterns.length === 0 || request.method !== "GET") return null;
    const { pathname, searchParams } = new URL(request.url);
    for (const { route, pattern, names } of patterns) {
      const found = pattern.exec(pathname);
      const values = found === null ? null : decodeAll(found.slice(1));
      if (values === null) continue;
      const inPath = Object.fromEntries(names.map((name, index) => [name, values[index]]));
      return { route, input: { ...Object.fromEntries(searchParams), ...inPath } };
    }
    return null;
  };
};

const PART = /:([A-Za-z]+)/g;

const compile = (path: string): { pattern: RegExp; names: string[] } => ({
  names: [...path.matchAll(PART)].map((match) => match[1] as string),
  pattern: new RegExp(`^${path.replace(/[.+*?^$()|[\]\\{}]/g, "\\$&").replace(PART, "([^/]+)")}$`),
});

const decodeAll = (parts: string[]): string[] | null => {
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return null; // a % that encodes nothing
  }
};
