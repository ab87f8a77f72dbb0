import { afterAll, beforeAll, expect, test } from "bun:test";
import { isContractRow, type Request_, requestOf } from "./ask.ts";
import { ELSEWHERE, questionOf, targetOf } from "./cases.ts";
import { expectedOf } from "./expect.ts";
import { inTurns } from "./in-turns.ts";
import type { Who } from "./people.ts";
import type { Row } from "./platform.ts";
import { POLICY } from "./policy.ts";
import { extraFieldsOf } from "./sample.ts";
import { parametersOf, type Target, type Values } from "./target.ts";
import { makeTargets } from "./targets.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let targets: Target[];
let rows: Row[];

beforeAll(async () => {
  world = await startWorld();
  targets = await makeTargets(world);
  rows = world.platform.rows.filter(({ path }) => !ELSEWHERE.test(path));
}, 120_000);
afterAll(async () => {
  await world?.platform.stop();
});

const named = (name: string): Who => {
  const who = world.who.find((each) => each.name === name);
  if (who === undefined) throw new Error(`nobody is called ${name}`);
  return who;
};

/** Of something that is there; null for rows whose names are secrets or protocols of their own. */
const valuesOf = (row: Row): Values | null => {
  const target = targetOf(targets, row);
  const values = target === null ? {} : (target.at.own ?? target.at.sibling ?? {});
  return parametersOf(row.path).every((name) => values[name] !== undefined) ? values : null;
};

/** Spellings of a path that a gateway, a router or a proxy in between may take for the same. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replace("/", "/./"),
  (path) => path.replace(/\/([a-z])/, (_, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.toUpperCase(),
  (path) => `${path}.json`,
  (path) => `${path};a=b`,
  (path) => `${path}%00`,
  (path) => `${path}?_method=GET&format=json`,
];

const isLetIn = (status: number, location: string | null): boolean =>
  status < 300 || (status < 400 && location?.startsWith("/sign-in") !== true && location !== null);

test("another spelling of a path, or a method in a header, lets nobody in who is refused otherwise", async () => {
  const faults: string[] = [];
  const asking = ["nobody", "viewer of another organisation", "member"].map(named);
  await world.changes.take();
  for (const row of rows) {
    const entry = POLICY[row.action];
    const values = valuesOf(row);
    if (entry === undefined || entry.about === "public" || values === null) continue;
    const place = targetOf(targets, row) === null ? null : "own";
    const refused = asking.filter((who) => expectedOf(questionOf({ row, who, entry, place, values })) !== "allowed");
    const requests = refused.flatMap((who): Request_[] => {
      const request = requestOf(row, who, values);
      const [path = "", query = ""] = request.path.split("?");
      const overriding = { ...request.headers, "x-http-method-override": "GET", "x-original-url": "/healthz" };
      return [
        ...SPELLINGS.map((spell) => ({ ...request, path: `${spell(path)}${query === "" ? "" : `?${query}`}` })),
        { ...request, headers: overriding },
        ...(row.method === "GET" ? [{ ...request, method: "HEAD" }] : []),
      ].map(({ body, ...rest }) => ({
        ...rest,
        ...(body === undefined || /GET|HEAD/.test(rest.method) ? {} : { body }),
      }));
    });
    await inTurns(requests, 24, async ({ method, path, headers, body }) => {
      const answer = await world.platform.send(row.app, method, path, headers, body);
      if (isLetIn(answer.status, answer.headers.get("location")) || answer.status >= 500) {
        faults.push(`${method} ${path} (${row.path}): ${answer.status}`);
      }
    });
    const written = await world.changes.take();
    if (Object.keys(written).length > 0) faults.push(`${row.method} ${row.path} wrote to ${JSON.stringify(written)}`);
  }
  expect(faults).toEqual([]);
}, 600_000);

test("a method that an address does not have is refused to whoever may do everything there", async () => {
  const faults: string[] = [];
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
  const shape = (path: string) => path.replace(/[{:][^/]+/g, "x");
  const known = new Set(rows.map(({ app, method, path }) => `${app} ${method} ${shape(path)}`));
  const asking = ["owner", "instance owner"].map(named);
  for (const row of rows) {
    const values = valuesOf(row);
    if (values === null) continue;
    const absent = methods.filter((method) => !known.has(`${row.app} ${method} ${shape(row.path)}`));
    for (const method of absent) {
      for (const who of asking) {
        const { path, headers } = requestOf({ ...row, method: "DELETE" }, who, values);
        const answer = await world.platform.send(row.app, method, path, headers);
        // A path of another kind may have a name where this one has a word: what is so called is missing.
        if (![404, 405, 400, 401, 403, 415].includes(answer.status)) {
          faults.push(`${method} ${path}: ${answer.status}`);
        }
      }
    }
  }
  expect(faults).toEqual([]);
}, 600_000);

/** Fields that only the server sets, in every spelling that the code uses somewhere. */
const SERVER_OWNED: Readonly<Record<string, unknown>> = {
  id: Bun.randomUUIDv7(),
  organisationId: Bun.randomUUIDv7(),
  organisation_id: Bun.randomUUIDv7(),
  projectId: Bun.randomUUIDv7(),
  personId: Bun.randomUUIDv7(),
  role: "owner",
  instanceRole: "owner",
  isAdmin: true,
  verifiedAt: 9_999_999_999_999,
  approved: true,
  createdBy: "somebody",
  createdAt: "2020-01-01T00:00:00.000Z",
  scopes: ["*"],
  constructor: { prototype: { isAdmin: true } },
};

/** As text: an object literal would set the prototype instead of having such a field. */
const withPrototype = (body: string): string =>
  body.replace(/^\{/, `{"__proto__":{"isAdmin":true}${body === "{}" ? "" : ","}`);

test("a field that only the server sets is refused, and nothing is changed", async () => {
  const faults: string[] = [];
  const asking = ["owner", "instance owner"].map(named);
  await world.changes.take();
  for (const row of rows.filter((each) => isContractRow(each) && each.method !== "GET")) {
    const entry = POLICY[row.action];
    const values = valuesOf(row);
    if (entry === undefined || entry.about === "parts" || values === null || row.input === null) continue;
    const extra = extraFieldsOf(row.input, SERVER_OWNED);
    if (extra === "ignored") continue; // there is nothing but the path in it, and nobody reads the body
    for (const who of asking) {
      const request = requestOf(row, who, values);
      const texts = [
        ...Object.entries(extra).map(([name, value]) =>
          JSON.stringify({ ...JSON.parse(request.body ?? "{}"), [name]: value }),
        ),
        withPrototype(request.body ?? "{}"),
      ];
      await inTurns(texts, 12, async (body) => {
        const answer = await world.platform.send(row.app, request.method, request.path, request.headers, body);
        if (answer.status < 400 || answer.status >= 500)
          faults.push(`${row.method} ${row.path} with ${body.slice(0, 150)}: ${answer.status}`);
      });
    }
    const written = await world.changes.take();
    if (Object.keys(written).length > 0) faults.push(`${row.method} ${row.path} wrote to ${JSON.stringify(written)}`);
  }
  expect(faults).toEqual([]);
}, 600_000);
