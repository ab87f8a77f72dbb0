import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isContractRow, outcomeOf, send } from "./ask.ts";
import {
  type Case,
  casesOf,
  describeCase,
  ELSEWHERE,
  faultOf,
  plain,
  questionOf,
  requestOrFault,
  targetOf,
  unseenBy,
} from "./cases.ts";
import { expectedOf } from "./expect.ts";
import { inTurns } from "./in-turns.ts";
import type { Row } from "./platform.ts";
import { POLICY } from "./policy.ts";
import { parametersOf, type Target } from "./target.ts";
import { makeTargets } from "./targets.ts";
import { startWorld, type World } from "./world.ts";

const counts = { routes: 0, principals: 0, requests: 0, denials: 0, leaks: 0, broken: 0 };
let world: World;
let targets: Target[];
let rows: Row[];

beforeAll(async () => {
  world = await startWorld();
  targets = await makeTargets(world);
  rows = world.platform.rows.filter(({ path }) => !ELSEWHERE.test(path));
  counts.routes = rows.length;
  counts.principals = world.who.length;
}, 120_000);
afterAll(async () => {
  console.info(`note: authorization matrix: ${JSON.stringify(counts)}`);
  await world?.platform.stop();
});

describe("every route answers everybody as the policy says, and refusing changes nothing:", () => {
  test("each route has a line in the policy, and something to aim at", () => {
    const unknown = rows
      .filter(({ action }) => POLICY[action] === undefined)
      .map(({ name, action }) => `${name}: ${action}`);
    const aimless = rows.filter(
      (row) =>
        parametersOf(row.path).length > 0 &&
        targetOf(targets, row) === null &&
        POLICY[row.action]?.about !== "public" &&
        POLICY[row.action]?.about !== "parts",
    );
    expect({ unknown, aimless: aimless.map(({ method, path }) => `${method} ${path}`) }).toEqual({
      unknown: [],
      aimless: [],
    });
  });

  test("reading, and everything that is refused", async () => {
    const faults: string[] = [];
    await world.changes.take();
    for (const row of rows) {
      const entry = POLICY[row.action];
      if (entry === undefined || (entry.about === "public" && row.method !== "GET")) continue;
      const cases = world.who.flatMap((who) => casesOf(targetOf(targets, row), row, who, entry));
      const hidden = new Map<string, string>();
      await inTurns(cases, 24, async (one) => {
        const expected = expectedOf(questionOf(one));
        if (expected === "allowed" && row.method !== "GET") return;
        const request = requestOrFault(one, faults);
        if (request === null) return;
        const answer = await send(world, row, request);
        counts.requests += 1;
        if (expected !== "allowed") counts.denials += 1;
        const outcome = outcomeOf(row, answer);
        const fault = faultOf(one, expected, outcome, answer.status);
        if (fault !== null) faults.push(fault);
        if (outcome.startsWith("broken")) counts.broken += 1;
        const leak = unseenBy(one.who).find((marker) => answer.body.includes(marker));
        if (leak !== undefined) {
          counts.leaks += 1;
          faults.push(`${describeCase(one)}: the answer has ${leak} in it`);
        }
        if (expected === "hidden" && outcome === "hidden" && isContractRow(row)) {
          const known = hidden.get(one.who.name);
          if (known === undefined) hidden.set(one.who.name, plain(answer.body));
          else if (known !== plain(answer.body)) faults.push(`${describeCase(one)}: differs from what is not there`);
        }
      });
      const written = await world.changes.take();
      if (Object.keys(written).length > 0) {
        faults.push(`${row.method} ${row.path}: refusing or reading wrote to ${JSON.stringify(written)}`);
      }
    }
    expect(faults).toEqual([]);
  }, 600_000);
});

/** They end sessions or the membership of who asks, and are tried in the auth app's own tests. */
const ENDS_THE_CALLER: readonly string[] = [
  "sessions.revokeAll",
  "sessions.revokeOthers",
  "members.leave",
  "organisations.switch",
  "password.change",
];

/** What the route is about is allowed; what the sample asks for may still be refused to some, by rules of the app. */
const MAY_BE_REFUSED: readonly string[] = ["organisations.create", "sessions.confirm", "signIn.confirm"];

/**
 * What apps write in their own time, so that it may fall into anybody's request: copies of another's things, which follow
 * their events, and what is still to be taken away of services whose removal is in the log already.
 */
const IN_OWN_TIME: readonly string[] = [
  "auth.projects",
  "auth.environments",
  "deployments.teardowns",
  "deployments.retention_looks",
  "deployments.volume_data", // of removed volumes, whose deletion is in the log already
  "deployments.volume_snapshots", // their archives are deleted after their removal is in the log
];

describe("whoever may change something", () => {
  test("does so, and it is in the audit log", async () => {
    const faults: string[] = [];
    const changing = rows.filter(
      (row) => isContractRow(row) && row.method !== "GET" && !ENDS_THE_CALLER.includes(row.name),
    );
    for (const row of changing) {
      const entry = POLICY[row.action];
      if (entry === undefined || entry.about === "public" || entry.about === "parts") continue;
      for (const who of world.who) {
        const target = targetOf(targets, row);
        const place = target === null ? null : "own";
        if (expectedOf(questionOf({ row, who, entry, place, values: {} })) !== "allowed") continue;
        const values = (await target?.fresh?.()) ?? target?.at.own ?? {};
        if (target !== null && Object.keys(values).length === 0) continue;
        await world.changes.take();
        const one = { row, who, entry, place, values } satisfies Case;
        const request = requestOrFault(one, faults);
        if (request === null) continue;
        const answer = await send(world, row, request);
        counts.requests += 1;
        const outcome = outcomeOf(row, answer);
        const isRefused = outcome === "forbidden" && MAY_BE_REFUSED.includes(row.name);
        const fault = isRefused ? null : faultOf(one, "allowed", outcome, answer.status);
        if (fault !== null) faults.push(`${fault}: ${answer.body.slice(0, 200)}`);
        const written = await world.changes.take();
        const isChange = Object.keys(written).some(
          (place) => !place.startsWith("platform.") && !IN_OWN_TIME.includes(place),
        );
        if (
          isChange &&
          answer.status < 300 &&
          who.part === undefined &&
          written["platform.audit_entries"] === undefined
        ) {
          faults.push(`${describeCase(one)}: changed ${JSON.stringify(written)} and no audit entry tells of it`);
        }
      }
    }
    expect(faults).toEqual([]);
  }, 600_000);
});
