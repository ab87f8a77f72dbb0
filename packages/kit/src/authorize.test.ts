import { describe, expect, test } from "bun:test";
import {
  AWAY,
  BLOG,
  grant,
  HOME,
  NOW,
  PRODUCTION,
  person,
  SHOP,
  STAGING,
  serviceLike,
  tokenOf,
} from "../test/principals.ts";
import {
  ADMINS,
  authorize,
  DEPLOYERS,
  EDITORS,
  MEMBERS,
  type Policy,
  READERS,
  RELEASERS,
  type Resource,
} from "./authorize.ts";
import { ANONYMOUS, type Principal, ROLES } from "./principal.ts";

const policy: Policy = {
  "thing:see": { public: true },
  "thing:read": { roles: READERS, kinds: ["app"] },
  "thing:look": { roles: READERS, fromWithin: true },
  "thing:edit": { roles: EDITORS, protectedRoles: ADMINS },
  "thing:deploy": { roles: DEPLOYERS, protectedRoles: RELEASERS },
  "thing:remove": { roles: ADMINS, dangerous: true },
  "thing:rename": { roles: MEMBERS, people: true },
  "thing:operate": { instance: ["owner", "operator"], kinds: ["app"] },
  "thing:found": { instance: ["owner"] },
  "thing:sync": { kinds: ["agent"] },
  "thing:forget": {},
};

/** The columns of the table. `away` has the id of the shop in another organisation, as no thing has. */
const PLACES: readonly Resource[] = [
  { kind: "house", organisationId: HOME },
  { kind: "shop", organisationId: HOME, projectId: SHOP },
  { kind: "staging", organisationId: HOME, projectId: SHOP, environmentId: STAGING },
  { kind: "production", organisationId: HOME, projectId: SHOP, environmentId: PRODUCTION, isProtected: true },
  { kind: "blog", organisationId: HOME, projectId: BLOG },
  { kind: "away", organisationId: AWAY, projectId: SHOP },
  { kind: "platform", organisationId: null },
];

const ago = (minutes: number) => NOW.getTime() - minutes * 60_000;
const shopDeveloper = person("member", { grants: [grant("developer", SHOP)] });
const of = (place: string) => ({ shop: `@project/${SHOP}`, staging: `@project/${SHOP}/environment/${STAGING}` })[place];

const WHO: Record<string, Principal> = {
  "a stranger": ANONYMOUS,
  "an app": { kind: "app", appId: "ci" },
  "an agent": { kind: "agent", nodeId: crypto.randomUUID() },
  "a runner": { kind: "runner", runnerId: "r1" },
  "a build": { kind: "job", jobId: crypto.randomUUID(), organisationId: HOME, repository: "home/shop/api" },
  ...Object.fromEntries(ROLES.map((role) => [role, person(role)])),
  "owner, verified 9 minutes ago": person("owner", { verifiedAt: ago(9) }),
  "owner, verified 10 minutes ago": person("owner", { verifiedAt: ago(10) }),
  "owner, verified 11 minutes ago": person("owner", { verifiedAt: ago(11) }),
  "instance owner": person("member", { instanceRole: "owner" }),
  "instance operator": person("member", { instanceRole: "operator" }),
  "developer of the shop": shopDeveloper,
  "admin of the shop": person("member", { grants: [grant("admin", SHOP)] }),
  "deployer of staging": person("member", { grants: [grant("deployer", SHOP, STAGING)] }),
  "developer of production": person("member", { grants: [grant("developer", SHOP, PRODUCTION)] }),
  "deployer of production": person("member", { grants: [grant("deployer", SHOP, PRODUCTION)] }),
  "viewer, developer of the shop": person("viewer", { grants: [grant("developer", SHOP)] }),
  "developer, deployer of production": person("developer", { grants: [grant("deployer", SHOP, PRODUCTION)] }),
  "owner's token: *": tokenOf(person("owner"), ["*"]),
  "owner's token: thing:*": tokenOf(person("owner"), ["thing:*"]),
  "owner's token: thing:remove": tokenOf(person("owner"), ["thing:remove"]),
  "owner's token: thing:remove in the shop": tokenOf(person("owner"), [`thing:remove${of("shop")}`]),
  "owner's token: *, thing:remove in the shop": tokenOf(person("owner"), ["*", `thing:remove${of("shop")}`]),
  "owner's token: thing:read": tokenOf(person("owner"), ["thing:read"]),
  "owner's token: other:*": tokenOf(person("owner"), ["other:*"]),
  "owner's token: * in the shop": tokenOf(person("owner"), [`*${of("shop")}`]),
  "owner's token: * in staging": tokenOf(person("owner"), [`*${of("staging")}`]),
  "owner's token: nothing": tokenOf(person("owner"), []),
  "owner's token: nonsense": tokenOf(person("owner"), ["**", "thing:read@shop", "thing:read@project/", "constructor"]),
  "viewer's token: *": tokenOf(person("viewer"), ["*"]),
  "viewer's token: thing:remove": tokenOf(person("viewer"), ["thing:remove"]),
  "shop developer's token: * in staging": tokenOf(shopDeveloper, [`*${of("staging")}`]),
  "instance owner's token: *": tokenOf(person("member", { instanceRole: "owner" }), ["*"]),
  "instance owner's token: * in the shop": tokenOf(person("member", { instanceRole: "owner" }), [`*${of("shop")}`]),
  "service account, developer": serviceLike(person("developer"), ["*"]),
  "service account, owner: thing:remove": serviceLike(person("owner"), ["thing:remove"]),
  "service account, developer of the shop": serviceLike(shopDeveloper, ["*"]),
};

/** The rules in words, written apart from the code. `no` is "forbidden": the role is too small. */
const TABLE = `
who                                         | may     | house     shop       staging    production blog       away    platform
a stranger                                  | see     | yes       yes        yes        yes        yes        yes     yes
a stranger                                  | read    | sign-in   sign-in    sign-in    sign-in    sign-in    sign-in sign-in
an app                                      | read    | yes       yes        yes        yes        yes        yes     yes
an app                                      | operate | yes       yes        yes        yes        yes        yes     yes
an app                                      | edit    | hidden    hidden     hidden     hidden     hidden     hidden  hidden
an agent                                    | sync    | yes       yes        yes        yes        yes        yes     yes
an agent                                    | read    | hidden    hidden     hidden     hidden     hidden     hidden  hidden
a runner                                    | read    | hidden    hidden     hidden     hidden     hidden     hidden  hidden
a build                                     | read    | hidden    hidden     hidden     hidden     hidden     hidden  hidden
owner                                       | see     | yes       yes        yes        yes        yes        yes     yes
owner                                       | read    | yes       yes        yes        yes        yes        hidden  hidden
owner                                       | edit    | yes       yes        yes        yes        yes        hidden  hidden
owner                                       | deploy  | yes       yes        yes        yes        yes        hidden  hidden
owner                                       | remove  | yes       yes        yes        yes        yes        hidden  hidden
owner                                       | rename  | yes       yes        yes        yes        yes        hidden  hidden
owner                                       | operate | hidden    hidden     hidden     hidden     hidden     hidden  hidden
owner                                       | sync    | hidden    hidden     hidden     hidden     hidden     hidden  hidden
owner                                       | forget  | hidden    hidden     hidden     hidden     hidden     hidden  hidden
owner, verified 9 minutes ago               | remove  | yes       yes        yes        yes        yes        hidden  hidden
owner, verified 10 minutes ago              | remove  | yes       yes        yes        yes        yes        hidden  hidden
owner, verified 11 minutes ago              | remove  | unverified unverified unverified unverified unverified hidden hidden
owner, verified 11 minutes ago              | edit    | yes       yes        yes        yes        yes        hidden  hidden
admin                                       | edit    | yes       yes        yes        yes        yes        hidden  hidden
admin                                       | remove  | yes       yes        yes        yes        yes        hidden  hidden
auditor                                     | read    | yes       yes        yes        yes        yes        hidden  hidden
auditor                                     | edit    | no        no         no         no         no         hidden  hidden
auditor                                     | deploy  | no        no         no         no         no         hidden  hidden
deployer                                    | read    | yes       yes        yes        yes        yes        hidden  hidden
deployer                                    | edit    | no        no         no         no         no         hidden  hidden
deployer                                    | deploy  | yes       yes        yes        yes        yes        hidden  hidden
developer                                   | edit    | yes       yes        yes        protected  yes        hidden  hidden
developer                                   | deploy  | yes       yes        yes        protected  yes        hidden  hidden
developer                                   | remove  | no        no         no         no         no         hidden  hidden
viewer                                      | read    | yes       yes        yes        yes        yes        hidden  hidden
viewer                                      | deploy  | no        no         no         no         no         hidden  hidden
member                                      | read    | no        hidden     hidden     hidden     hidden     hidden  hidden
member                                      | look    | no        hidden     hidden     hidden     hidden     hidden  hidden
member                                      | rename  | yes       yes        yes        yes        yes        hidden  hidden
instance owner                              | operate | hidden    hidden     hidden     hidden     hidden     hidden  yes
instance owner                              | found   | hidden    hidden     hidden     hidden     hidden     hidden  yes
instance owner                              | read    | no        hidden     hidden     hidden     hidden     hidden  hidden
instance operator                           | operate | hidden    hidden     hidden     hidden     hidden     hidden  yes
instance operator                           | found   | hidden    hidden     hidden     hidden     hidden     hidden  no
developer of the shop                       | read    | no        yes        yes        yes        hidden     hidden  hidden
developer of the shop                       | look    | no        yes        yes        yes        hidden     hidden  hidden
developer of the shop                       | edit    | no        yes        yes        protected  hidden     hidden  hidden
developer of the shop                       | remove  | no        no         no         no         hidden     hidden  hidden
admin of the shop                           | edit    | no        yes        yes        yes        hidden     hidden  hidden
admin of the shop                           | remove  | no        yes        yes        yes        hidden     hidden  hidden
deployer of staging                         | read    | no        hidden     yes        hidden     hidden     hidden  hidden
deployer of staging                         | look    | no        yes        yes        hidden     hidden     hidden  hidden
deployer of staging                         | deploy  | no        hidden     yes        hidden     hidden     hidden  hidden
deployer of staging                         | edit    | no        hidden     no         hidden     hidden     hidden  hidden
developer of production                     | deploy  | no        hidden     hidden     protected  hidden     hidden  hidden
deployer of production                      | deploy  | no        hidden     hidden     yes        hidden     hidden  hidden
viewer, developer of the shop               | edit    | no        yes        yes        protected  no         hidden  hidden
developer, deployer of production           | deploy  | yes       yes        yes        yes        yes        hidden  hidden
owner's token: *                            | read    | yes       yes        yes        yes        yes        hidden  hidden
owner's token: *                            | remove  | unnamed   unnamed    unnamed    unnamed    unnamed    hidden  hidden
owner's token: *                            | rename  | yes       yes        yes        yes        yes        hidden  hidden
owner's token: *                            | operate | hidden    hidden     hidden     hidden     hidden     hidden  hidden
owner's token: thing:*                      | read    | yes       yes        yes        yes        yes        hidden  hidden
owner's token: thing:*                      | remove  | unnamed   unnamed    unnamed    unnamed    unnamed    hidden  hidden
owner's token: thing:remove                 | remove  | yes       yes        yes        yes        yes        hidden  hidden
owner's token: thing:remove                 | read    | narrow    narrow     narrow     narrow     narrow     hidden  hidden
owner's token: thing:remove in the shop     | remove  | narrow    yes        yes        yes        hidden     hidden  hidden
owner's token: *, thing:remove in the shop  | remove  | unnamed   yes        yes        yes        unnamed    hidden  hidden
owner's token: thing:read                   | read    | yes       yes        yes        yes        yes        hidden  hidden
owner's token: thing:read                   | edit    | narrow    narrow     narrow     narrow     narrow     hidden  hidden
owner's token: other:*                      | read    | narrow    narrow     narrow     narrow     narrow     hidden  hidden
owner's token: other:*                      | see     | yes       yes        yes        yes        yes        yes     yes
owner's token: * in the shop                | read    | narrow    yes        yes        yes        hidden     hidden  hidden
owner's token: * in staging                 | read    | narrow    hidden     yes        hidden     hidden     hidden  hidden
owner's token: * in staging                 | look    | narrow    yes        yes        hidden     hidden     hidden  hidden
owner's token: nothing                      | read    | narrow    hidden     hidden     hidden     hidden     hidden  hidden
owner's token: nonsense                     | read    | narrow    hidden     hidden     hidden     hidden     hidden  hidden
viewer's token: *                           | edit    | no        no         no         no         no         hidden  hidden
viewer's token: thing:remove                | remove  | no        no         no         no         no         hidden  hidden
shop developer's token: * in staging        | deploy  | no        hidden     yes        hidden     hidden     hidden  hidden
instance owner's token: *                   | operate | hidden    hidden     hidden     hidden     hidden     hidden  yes
instance owner's token: * in the shop       | operate | hidden    hidden     hidden     hidden     hidden     hidden  narrow
service account, developer                  | read    | yes       yes        yes        yes        yes        hidden  hidden
service account, developer                  | deploy  | yes       yes        yes        protected  yes        hidden  hidden
service account, developer                  | rename  | no        no         no         no         no         hidden  hidden
service account, developer                  | operate | hidden    hidden     hidden     hidden     hidden     hidden  hidden
service account, owner: thing:remove        | remove  | yes       yes        yes        yes        yes        hidden  hidden
service account, developer of the shop      | deploy  | no        yes        yes        protected  hidden     hidden  hidden
`;

const SHORT: Record<string, string> = { unauthenticated: "sign-in", forbidden: "no" };

const answer = (who: Principal, action: string, place: Resource): string => {
  const decision = authorize(policy, who, action, place, NOW);
  return decision.allowed ? "yes" : (SHORT[decision.reason] ?? decision.reason);
};

describe("who may do what", () => {
  for (const line of TABLE.trim().split("\n").slice(1)) {
    const [name = "", verb = "", answers = ""] = line.split("|").map((cell) => cell.trim());
    test(`${name}: ${verb}`, () => {
      const who = WHO[name];
      expect(who).toBeDefined();
      const got = PLACES.map((place) => `${place.kind} ${answer(who as Principal, `thing:${verb}`, place)}`);
      expect(got).toEqual(answers.split(/ +/).map((wanted, i) => `${PLACES[i]?.kind} ${wanted}`));
    });
  }

  test("everybody named here is in the table", () => {
    expect(Object.keys(WHO).filter((name) => !TABLE.includes(`\n${name.padEnd(44)}|`))).toEqual([]);
  });

  test.each(["thing:unknown", "thing:*", "*", "constructor", "__proto__", "toString", "hasOwnProperty", ""])(
    'nobody may do "%s", which no rule is about',
    (action) => {
      for (const who of Object.values(WHO)) {
        for (const place of PLACES) expect(answer(who, action, place)).toBe("hidden");
      }
    },
  );
});
