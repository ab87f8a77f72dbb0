import { describe, expect, test } from "bun:test";
import { authorize, coversAction, type Decision, type Policy, type Resource } from "./authorize.ts";
import type { OrganisationId } from "./ids.ts";
import { ANONYMOUS, type MemberPrincipal, type Principal, ROLES, type Role } from "./principal.ts";

const HOME = "0199f000-0000-7000-8000-000000000001" as OrganisationId;
const AWAY = "0199f000-0000-7000-8000-000000000002" as OrganisationId;

const person = (role: Role): MemberPrincipal => ({
  kind: "person",
  sessionId: crypto.randomUUID(),
  personId: crypto.randomUUID(),
  email: "ada@example.com",
  name: "Ada",
  organisationId: HOME,
  organisationSlug: "home",
  role,
});
const token = (role: Role, scopes: string[]): MemberPrincipal => ({
  ...person(role),
  kind: "token",
  tokenId: crypto.randomUUID(),
  scopes,
});

const PARTS: readonly Principal[] = [
  { kind: "app", appId: "ci" },
  { kind: "agent", nodeId: crypto.randomUUID() },
  { kind: "runner", runnerId: "r1" },
  { kind: "job", jobId: crypto.randomUUID(), organisationId: HOME, repository: "home/shop/api" },
];

const policy: Policy = {
  "page:see": { public: true },
  "thing:read": { roles: ROLES, kinds: ["app"] },
  "thing:write": { roles: ["owner", "admin"] },
  "thing:sync": { kinds: ["agent"] },
  "thing:nobody": {},
};
const ACTIONS = [...Object.keys(policy), "thing:unknown", "constructor", "__proto__", ""];
const RESOURCES: Resource[] = [
  { kind: "thing", organisationId: HOME },
  { kind: "thing", organisationId: AWAY },
  { kind: "platform", organisationId: null },
];

const answer = (decision: Decision): string => (decision.allowed ? "yes" : decision.reason);

/** The rules in words, written apart from the code that they check. */
const expected = (who: Principal, action: string, resource: Resource): string => {
  if (action === "page:see") return "yes";
  if (!["thing:read", "thing:write", "thing:sync", "thing:nobody"].includes(action)) return "hidden";
  if (who.kind === "anonymous") return "unauthenticated";
  if (who.kind === "app") return action === "thing:read" ? "yes" : "hidden";
  if (who.kind === "agent") return action === "thing:sync" ? "yes" : "hidden";
  if (who.kind === "runner" || who.kind === "job") return "hidden";
  if (action === "thing:sync" || action === "thing:nobody" || resource.organisationId !== HOME) return "hidden";
  if (action === "thing:write" && who.role !== "owner" && who.role !== "admin") return "forbidden";
  if (who.kind === "person") return "yes";
  const covered = who.scopes.some((scope) => scope === "*" || scope === "thing:*" || scope === action);
  return covered ? "yes" : "forbidden";
};

describe("every sort of caller, every action, every owner", () => {
  const callers: readonly Principal[] = [
    ANONYMOUS,
    ...PARTS,
    ...ROLES.map(person),
    ...ROLES.flatMap((role) =>
      [["*"], ["thing:*"], ["thing:read"], ["other:*"], []].map((scopes) => token(role, scopes)),
    ),
  ];
  for (const who of callers) {
    const name = "role" in who ? `${who.role} by ${who.kind} ${"scopes" in who ? `[${who.scopes}]` : ""}` : who.kind;
    test(name, () => {
      for (const action of ACTIONS) {
        for (const resource of RESOURCES) {
          const got = answer(authorize(policy, who, action, resource));
          expect(`${action} on ${resource.organisationId}: ${got}`).toBe(
            `${action} on ${resource.organisationId}: ${expected(who, action, resource)}`,
          );
        }
      }
    });
  }
});

describe("scopes", () => {
  const rows: [scope: string, action: string, covers: boolean][] = [
    ["*", "project:read", true],
    ["project:*", "project:read", true],
    ["project:*", "projects:read", false],
    ["project:read", "project:read", true],
    ["project:read", "project:remove", false],
    ["proj*", "project:read", false],
    [":*", "project:read", false],
    ["", "project:read", false],
  ];
  for (const [scope, action, covers] of rows) {
    test(`"${scope}" ${covers ? "covers" : "does not cover"} ${action}`, () => {
      expect(coversAction(scope, action)).toBe(covers);
    });
  }
});
