import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AWAY, BLOG, HOME, NOW, PRODUCTION, person, SHOP, STAGING, serviceLike, tokenOf } from "../test/principals.ts";
import { type ActionRule, authorize, type Policy, projectsWithin, type Resource } from "./authorize.ts";
import type { OrganisationId, ProjectId } from "./ids.ts";
import { INSTANCE_ROLES, type MemberPrincipal, PROJECT_ROLES, type Principal, ROLES } from "./principal.ts";

const ACTIONS = ["thing:read", "thing:remove", "other:read"];

const actions = fc.oneof(fc.constantFrom(...ACTIONS, "constructor", "__proto__"), fc.string());
const scopes = fc.array(
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom("*", "thing:*", ...ACTIONS),
        fc.constantFrom("", `@project/${SHOP}`, `@project/${BLOG}`, `@project/${SHOP}/environment/${STAGING}`),
      )
      .map((parts) => parts.join("")),
    fc.string(),
  ),
  { maxLength: 4 },
);
const grants = fc.array(
  fc.record({
    role: fc.constantFrom(...PROJECT_ROLES),
    projectId: fc.constantFrom<string>(SHOP, BLOG),
    environmentId: fc.constantFrom(null, STAGING, PRODUCTION),
  }),
  { maxLength: 4 },
);
const people = fc
  .record({
    role: fc.constantFrom(...ROLES),
    grants,
    instanceRole: fc.constantFrom(null, ...INSTANCE_ROLES),
    minutes: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ role, minutes, ...rest }) => person(role, { ...rest, verifiedAt: NOW.getTime() - minutes * 60_000 }));
const members: fc.Arbitrary<MemberPrincipal> = fc.oneof(
  people,
  fc.tuple(people, scopes).map(([owner, held]) => tokenOf(owner, held)),
  fc.tuple(people, scopes).map(([owner, held]) => serviceLike(owner, held)),
);
const principals: fc.Arbitrary<Principal> = fc.oneof(
  members,
  fc.constantFrom<Principal>(
    { kind: "anonymous" },
    { kind: "app", appId: "ci" },
    { kind: "agent", nodeId: SHOP },
    { kind: "runner", runnerId: "r1" },
    { kind: "job", jobId: SHOP, organisationId: HOME, repository: "home/shop/api" },
  ),
);
const resources: fc.Arbitrary<Resource> = fc.record(
  {
    kind: fc.string(),
    organisationId: fc.constantFrom<(OrganisationId | null)[]>(HOME, HOME, HOME, AWAY, null),
    projectId: fc.constantFrom<(ProjectId | null)[]>(SHOP, SHOP, BLOG, null),
    environmentId: fc.constantFrom(STAGING, PRODUCTION, null),
    isProtected: fc.boolean(),
  },
  { requiredKeys: ["kind", "organisationId"] },
);
const rules = fc.record(
  {
    roles: fc.subarray([...ROLES]),
    protectedRoles: fc.subarray([...ROLES]),
    instance: fc.subarray([...INSTANCE_ROLES]),
    kinds: fc.subarray<"app" | "agent" | "runner" | "job">(["app", "agent", "runner", "job"]),
    people: fc.constant(true as const),
    fromWithin: fc.constant(true as const),
    dangerous: fc.constant(true as const),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ActionRule>;
const policies: fc.Arbitrary<Policy> = fc.dictionary(fc.constantFrom(...ACTIONS), rules);

const may = (policy: Policy, who: Principal, action: string, resource: Resource): boolean =>
  authorize(policy, who, action, resource, NOW).allowed;

/** Runs enough of each for every flag, sort of caller and place to meet the others. */
const hold = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 3_000 });

describe("for all policies, callers, actions and things", () => {
  test("there is an answer", () => {
    hold(
      fc.property(policies, principals, actions, resources, (policy, who, action, resource) => {
        const decision = authorize(policy, who, action, resource, NOW);
        expect(typeof (decision.allowed ? "" : decision.reason)).toBe("string");
      }),
    );
  });

  test("one more grant or scope takes nothing away", () => {
    hold(
      fc.property(
        policies,
        members,
        actions,
        resources,
        grants,
        scopes,
        (policy, who, action, resource, more, wider) => {
          const richer = {
            ...who,
            grants: [...who.grants, ...more],
            ...("scopes" in who ? { scopes: [...who.scopes, ...wider] } : {}),
          } as MemberPrincipal;
          if (may(policy, who, action, resource)) expect(may(policy, richer, action, resource)).toBe(true);
        },
      ),
    );
  });

  test("a token may nothing that its person may not, and a service account nothing that a person like it may not", () => {
    hold(
      fc.property(policies, people, scopes, actions, resources, (policy, owner, held, action, resource) => {
        const verified = { ...owner, verifiedAt: NOW.getTime() };
        const token = tokenOf(owner, held);
        if (may(policy, token, action, resource)) expect(may(policy, verified, action, resource)).toBe(true);
        const service = serviceLike(owner, held);
        if (may(policy, service, action, resource)) expect(may(policy, token, action, resource)).toBe(true);
      }),
    );
  });

  test("nothing of another organisation is ever done, or known to be there", () => {
    hold(
      fc.property(policies, members, actions, resources, (policy, who, action, resource) => {
        const foreign = { ...resource, organisationId: AWAY };
        expect(authorize(policy, who, action, foreign, NOW)).toEqual({ allowed: false, reason: "hidden" });
      }),
    );
  });

  test("an environment's protection takes away and never gives", () => {
    hold(
      fc.property(policies, members, actions, resources, (policy, who, action, resource) => {
        if (may(policy, who, action, { ...resource, isProtected: true })) {
          expect(may(policy, who, action, { ...resource, isProtected: false })).toBe(true);
        }
      }),
    );
  });

  test("lists show a project exactly if it may be opened", () => {
    hold(
      fc.property(policies, members, actions, fc.constantFrom(SHOP, BLOG), (policy, who, action, projectId) => {
        const within = projectsWithin(policy, who, action, NOW);
        const opens = may(policy, who, action, { kind: "project", organisationId: HOME, projectId });
        expect(within === null || within.includes(projectId)).toBe(opens);
      }),
    );
  });
});
