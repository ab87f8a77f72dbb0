import type { Row } from "../matrix/platform.ts";
import { fillPath, parametersOf } from "../matrix/target.ts";
import type { Ask, RequestHeaders } from "./house.ts";
import type { Piece } from "./places.ts";
import { pieceOf } from "./planting.ts";

/** What every app answers besides its routes; each is asked at its own socket, because gateways pass none of it on. */
const OF_EVERY_APP = ["/healthz", "/readyz", "/metrics"];

/**
 * Asks for everything that can be asked for with GET, and for addresses where there is nothing. `named` says what the
 * parts of paths are; a part that it does not know is a name of nothing, and so is every token in a path.
 */
export const crawl = async (
  platform: { ask: Ask; rows: readonly Pick<Row, "app" | "method" | "path">[] },
  headers: RequestHeaders,
  named: Readonly<Record<string, string>>,
): Promise<{ pieces: Piece[]; shown: number; broken: string[] }> => {
  const pieces: Piece[] = [];
  const broken: string[] = [];
  let shown = 0;
  const apps = [...new Set(platform.rows.map(({ app }) => app))];
  const paths = [
    ...platform.rows.filter(({ method }) => method === "GET").map(({ path }) => filled(path, named)),
    ...apps.flatMap((app) => [`/api/v1/${app}/openapi.json`, `/api/v1/${app}/nothing`]),
  ];
  for (const path of new Set(paths)) {
    for (const accept of ["text/html", "application/json"]) {
      const answer = await platform.ask("GET", path, { headers: { ...headers, accept } });
      pieces.push(pieceOf(`answer of GET ${path}`, answer));
      if (answer.status < 400) shown += 1;
      if (answer.status >= 500) broken.push(`GET ${path}: ${answer.status}`);
    }
  }
  return { pieces, shown, broken };
};

const filled = (path: string, named: Readonly<Record<string, string>>): string => {
  const whole = path.replaceAll(/\{\.\+\}$/g, "").replace(/\*$/, "nothing.js");
  const values = Object.fromEntries(
    parametersOf(whole).map((name) => [name, (name === "token" ? undefined : named[name]) ?? Bun.randomUUIDv7()]),
  );
  return fillPath(whole, values);
};

/** What the apps say of themselves, each at its own door. */
export const selfDescriptions = async (
  send: (app: string, method: string, path: string, headers: RequestHeaders) => ReturnType<Ask>,
  apps: readonly string[],
): Promise<Piece[]> => {
  const pieces: Piece[] = [];
  for (const app of apps) {
    for (const path of OF_EVERY_APP) pieces.push(pieceOf(`${app} ${path}`, await send(app, "GET", path, {})));
  }
  return pieces;
};
