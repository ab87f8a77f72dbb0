import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BLOG, PRODUCTION, SHOP, STAGING } from "../test/principals.ts";
import { coversAction, coversPlace, isWithin, parseScope, type Scope, TokenScope } from "./scope.ts";

const IN_SHOP = `@project/${SHOP}`;
const IN_STAGING = `${IN_SHOP}/environment/${STAGING}`;

describe("a scope's text", () => {
  const rows: [text: string, actions: string, projectId: string | null, environmentId: string | null][] = [
    ["*", "*", null, null],
    ["deployment:*", "deployment:*", null, null],
    ["api-token:create", "api-token:create", null, null],
    [`*${IN_SHOP}`, "*", SHOP, null],
    [`deployment:create${IN_STAGING}`, "deployment:create", SHOP, STAGING],
  ];
  test.each(rows)("%s is one", (text, actions, projectId, environmentId) => {
    expect(parseScope(text)).toEqual({ actions, projectId, environmentId });
    expect(TokenScope.safeParse(text).success).toBe(true);
  });

  test.each([
    "",
    "**",
    "project",
    "project:",
    ":read",
    "*:read",
    "Project:read",
    "project:read:more",
    "proj*",
    "project:re*",
    "*@",
    "*@project/",
    "*@project/shop",
    `*@environment/${STAGING}`,
    `*${IN_SHOP}/`,
    `*${IN_SHOP}/environment/`,
    `*${IN_SHOP}${IN_SHOP}`,
    `* ${IN_SHOP}`,
    `*${IN_SHOP.toUpperCase()}`,
    "*\n",
  ])("%j is none", (text) => {
    expect(parseScope(text)).toBeNull();
    expect(TokenScope.safeParse(text).success).toBe(false);
  });
});

describe("the actions of a scope", () => {
  const rows: [actions: string, action: string, covers: boolean][] = [
    ["*", "project:read", true],
    ["project:*", "project:read", true],
    ["project:*", "projects:read", false],
    ["project:read", "project:read", true],
    ["project:read", "project:remove", false],
    ["proj*", "project:read", false],
    [":*", "project:read", false],
    ["", "project:read", false],
  ];
  test.each(rows)('"%s" on %s: %s', (actions, action, covers) => {
    expect(coversAction(actions, action)).toBe(covers);
  });
});

describe("the place of a scope", () => {
  const all: Scope = { actions: "*", projectId: null, environmentId: null };
  const shop = { ...all, projectId: SHOP };
  const staging = { ...shop, environmentId: STAGING };
  const rows: [name: string, scope: Scope, place: Parameters<typeof coversPlace>[1], covers: boolean][] = [
    ["everywhere holds for the organisation", all, {}, true],
    ["everywhere holds in a project", all, { projectId: SHOP }, true],
    ["a project does not hold for the organisation", shop, {}, false],
    ["a project holds in itself", shop, { projectId: SHOP }, true],
    ["a project holds in its environments", shop, { projectId: SHOP, environmentId: STAGING }, true],
    ["a project does not hold in another", shop, { projectId: BLOG, environmentId: STAGING }, false],
    ["an environment does not hold in its project", staging, { projectId: SHOP }, false],
    ["an environment holds in itself", staging, { projectId: SHOP, environmentId: STAGING }, true],
    ["an environment does not hold in its sibling", staging, { projectId: SHOP, environmentId: PRODUCTION }, false],
    [
      "an environment's id does not hold in another project",
      staging,
      { projectId: BLOG, environmentId: STAGING },
      false,
    ],
  ];
  test.each(rows)("%s", (_name, scope, place, covers) => {
    expect(coversPlace(scope, place)).toBe(covers);
  });
});

describe("being within", () => {
  const places = [{}, { projectId: SHOP }, { projectId: SHOP, environmentId: STAGING }, { projectId: BLOG }];
  const actions = ["project:read", "project:write", "projects:read", "service:read"];
  const scopes = fc
    .tuple(
      fc.constantFrom("*", "project:*", "projects:*", "service:*", ...actions),
      fc.constantFrom("", IN_SHOP, `@project/${BLOG}`, IN_STAGING, `${IN_SHOP}/environment/${PRODUCTION}`),
    )
    .map((parts) => parts.join(""));

  const rows: [scope: string, others: string[], isWithin: boolean][] = [
    ["*", ["*"], true],
    ["*", ["project:*", "service:*"], false],
    ["project:*", ["project:read", "project:write"], false],
    ["project:read", ["service:*", "project:*"], true],
    [`*${IN_SHOP}`, ["*"], true],
    ["*", [`*${IN_SHOP}`], false],
    [`project:read${IN_STAGING}`, [`project:*${IN_SHOP}`], true],
    [`project:read${IN_SHOP}`, [`project:*${IN_STAGING}`], false],
    ["project:read", [], false],
    ["nonsense", ["*"], false],
    ["project:read", ["nonsense"], false],
  ];
  test.each(rows)("%s within %j: %p", (scope, others, expected) => {
    expect(isWithin(scope, others)).toBe(expected);
  });

  test("is an order: each is within itself, two within each other are the same, and it carries on", () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (a, b, c) => {
        expect(isWithin(a, [a])).toBe(true);
        if (isWithin(a, [b]) && isWithin(b, [a])) expect(a).toBe(b);
        if (isWithin(a, [b]) && isWithin(b, [c])) expect(isWithin(a, [c])).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("whatever a scope covers is covered by those it is within", () => {
    const covers = (text: string, action: string, place: (typeof places)[number]) => {
      const scope = parseScope(text);
      return scope !== null && coversAction(scope.actions, action) && coversPlace(scope, place);
    };
    fc.assert(
      fc.property(scopes, fc.array(scopes, { maxLength: 3 }), (inner, others) => {
        if (!isWithin(inner, others)) return;
        for (const action of actions) {
          for (const place of places) {
            if (covers(inner, action, place)) expect(others.some((other) => covers(other, action, place))).toBe(true);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
