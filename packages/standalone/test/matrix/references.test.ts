import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { requestOf, send } from "./ask.ts";
import { ELSEWHERE, plain, targetOf, unseenBy } from "./cases.ts";
import { NAMING, NO_REFERENCE } from "./naming.ts";
import type { Who } from "./people.ts";
import type { Answer, Row } from "./platform.ts";
import { POLICY } from "./policy.ts";
import { makeReferences, type Reference, type Side } from "./references.ts";
import { fieldsOf } from "./sample.ts";
import { MALFORMED, parametersOf, type Target, type Values } from "./target.ts";
import { makeTargets } from "./targets.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let targets: Target[];
let rows: Row[];
let references: Reference[];
let owner: Who;

beforeAll(async () => {
  world = await startWorld();
  targets = await makeTargets(world);
  rows = world.platform.rows.filter(({ path }) => !ELSEWHERE.test(path));
  references = await makeReferences(world);
  owner = named("owner");
}, 120_000);
afterAll(async () => {
  await world?.platform.stop();
});

const named = (name: string): Who => {
  const who = world.who.find((each) => each.name === name);
  if (who === undefined) throw new Error(`nobody is called ${name}`);
  return who;
};

/** What is gone is removed without complaint, which tells nothing and does nothing; pages then show the list. */
const isRefused = ({ status, body }: Answer): boolean =>
  status === 303 || (status >= 400 && status < 500) || /^\{"(removed|detached)":(0|false)\}$/.test(body);

const written = async (what: string, faults: string[]): Promise<void> => {
  const places = await world.changes.take();
  if (Object.keys(places).length > 0) faults.push(`${what} wrote to ${JSON.stringify(places)}`);
};

type Told = { name: string; answer: Answer };

/** What each side is answered: refused all, strangers' like what is not there, and nothing of theirs in it. */
const compare = (what: string, who: Who, told: Map<Side, Told>, isRight: (answer: Answer) => boolean): string[] => {
  const faults: string[] = [];
  const bodyOf = ({ name, answer }: Told) => plain(answer.body.replaceAll(name, "")); // forms come back with what was sent
  const missing = told.get("missing");
  for (const [side, each] of told) {
    const { status } = each.answer;
    if (!isRight(each.answer)) faults.push(`${what}, ${side}: ${status} ${each.answer.body.slice(0, 150)}`);
    const leak = unseenBy(who).find((marker) => bodyOf(each).includes(marker));
    if (leak !== undefined) faults.push(`${what}, ${side}: has ${leak} in it`);
    if (side !== "foreign" || missing === undefined) continue;
    const isAlike = missing.answer.status === status && bodyOf(missing) === bodyOf(each);
    if (!isAlike) faults.push(`${what}: a stranger's differs from what is not there`);
  }
  return faults;
};

test("every field that names something is in the path, or in the table", () => {
  const told = new Set([...references.map(({ field }) => field), ...Object.keys(NO_REFERENCE)]);
  const untold = rows.flatMap((row) => {
    const about = POLICY[row.action]?.about;
    if (row.input === null || about === "parts") return [];
    const inPath = parametersOf(row.path);
    const inTarget = Object.keys(targetOf(targets, row)?.at.own ?? {});
    return fieldsOf(row.input)
      .filter((name) => NAMING.includes(name) && !inPath.includes(name) && !inTarget.includes(name))
      .map((name) => `${row.app} ${row.name}: ${name}`)
      .filter((field) => !told.has(field));
  });
  expect(untold).toEqual([]);
});

describe("a path that names two things", () => {
  test("of which one is another's is refused as if there were no such thing, and changes nothing", async () => {
    const faults: string[] = [];
    for (const row of rows.filter(({ path }) => parametersOf(path).length > 1)) {
      const about = POLICY[row.action]?.about;
      const target = targetOf(targets, row);
      const own = (await target?.fresh?.()) ?? target?.at.own;
      if (own === undefined || about === "public" || about === "parts") continue;
      const who = about === "project" ? named("admin of the project") : owner;
      await world.changes.take();
      for (const part of parametersOf(row.path)) {
        const told = new Map<Side, Told>();
        for (const side of ["missing", "sibling", "foreign"] as const) {
          const name = side === "missing" ? Bun.randomUUIDv7() : target?.at[side]?.[part];
          if (name === undefined || name === own[part]) continue;
          told.set(side, { name, answer: await send(world, row, requestOf(row, who, { ...own, [part]: name })) });
        }
        faults.push(...compare(`${row.method} ${row.path}, ${part}`, who, told, isRefused));
      }
      await written(`${row.method} ${row.path}`, faults);
    }
    expect(faults).toEqual([]);
  }, 300_000);
});

describe("a field that names something", () => {
  const ask = ({ ask: asked, field }: Reference, who: Who, reference: string): Promise<Answer> => {
    const { method, path, query, body, form } = asked(reference);
    const app = field.split(" ")[0] ?? "";
    const search = query === undefined ? "" : `?${new URLSearchParams(query as Values)}`;
    const type = form === undefined ? "application/json" : "application/x-www-form-urlencoded";
    const text = form === undefined ? body && JSON.stringify(body) : String(new URLSearchParams(form as Values));
    const headers = { ...who.headers, "content-type": type };
    return world.platform.send(app, method, `${path}${search}`, headers, text);
  };
  const isEmpty = ({ status, body }: Answer): boolean => status === 200 && JSON.parse(body).items?.length === 0;

  test("of a neighbour, a stranger or nobody is refused, all alike, and nothing is changed", async () => {
    const faults: string[] = [];
    await world.changes.take();
    for (const reference of references) {
      const who = reference.by === undefined ? owner : named(reference.by);
      const told = new Map<Side, Told>();
      const names: [Side, string | undefined][] = [
        ["missing", reference.missing ?? Bun.randomUUIDv7()],
        ["sibling", reference.at.sibling],
        ["foreign", reference.at.foreign],
      ];
      for (const [side, name] of names) {
        if (name !== undefined) told.set(side, { name, answer: await ask(reference, who, name) });
      }
      faults.push(...compare(reference.field, who, told, reference.answer === "empty" ? isEmpty : isRefused));
      for (const text of MALFORMED) {
        const answer = await ask(reference, who, text);
        if (answer.status >= 500)
          faults.push(`${reference.field}, ${JSON.stringify(text.slice(0, 20))}: ${answer.status}`);
        if (answer.status < 400 && reference.answer !== "empty")
          faults.push(`${reference.field}, ${text.slice(0, 20)}: ${answer.status}`);
      }
      await written(reference.field, faults);
    }
    expect(faults).toEqual([]);
  }, 300_000);

  test("of one's own is let through, so it is the name that was refused", async () => {
    const faults: string[] = [];
    for (const reference of references) {
      if (reference.at.own === undefined) continue;
      const who = reference.by === undefined ? owner : named(reference.by);
      const { status, body } = await ask(reference, who, reference.at.own);
      if (status >= 400) faults.push(`${reference.field}: ${status} ${body.slice(0, 200)}`);
    }
    expect(faults).toEqual([]);
  }, 120_000);
});

test("an upload of another organisation is built as little as one that is not there, and one is told so alike", async () => {
  const { own, foreign, seed, platform } = world;
  const foreignUpload = Bun.randomUUIDv7();
  await platform.database.admin`
    insert into ci.uploads (id, organisation_id, created_by, size_bytes, sha256)
    values (${foreignUpload}, ${foreign.organisation.id}, ${foreign.ownerId}, 1, ${"a".repeat(64)})`;
  const reasons: unknown[] = [];
  for (const uploadId of [foreignUpload, Bun.randomUUIDv7()]) {
    const { slug } = await seed.service(own.project, own.marker);
    const path = `/api/v1/deployments/projects/${own.project.slug}/services/${slug}/deployments`;
    const headers = { ...owner.headers, "content-type": "application/json" };
    const started = JSON.parse(
      (await platform.send("deployments", "POST", path, headers, JSON.stringify({ uploadId }))).body,
    );
    const look = async () =>
      JSON.parse((await platform.send("deployments", "GET", `${path}/${started.id}`, owner.headers)).body);
    await waitFor(async () => (await look()).finishedAt !== null, { timeoutMs: 30_000 });
    const { state, reason } = await look();
    reasons.push({ state, reason });
  }
  expect(reasons[0]).toMatchObject({ state: "failed", reason: { message: expect.stringContaining("not there") } });
  expect(reasons[1]).toEqual(reasons[0]);
  const jobs = await platform.database.admin`select id from ci.jobs where upload_id = ${foreignUpload}`;
  expect(jobs).toHaveLength(0);
}, 90_000);
