import { describe, expect, test } from "bun:test";
import { as, serverWith } from "../../test/notes-server.ts";
import {
  AWAY,
  BLOG,
  grant,
  HOME,
  PRODUCTION,
  person,
  SHOP,
  STAGING,
  serviceLike,
  tokenOf,
} from "../../test/principals.ts";
import { ADMINS, EDITORS, type Policy, READERS, RELEASERS } from "../authorize.ts";
import type { DomainError } from "../errors.ts";
import { ANONYMOUS, type MemberPrincipal, type Principal } from "../principal.ts";
import { type Access, admit, memberOf, memberScope, personOf } from "./context.ts";

const policy: Policy = {
  "project:read": { roles: READERS, fromWithin: true, kinds: ["app"] },
  "project:create": { roles: ADMINS },
  "service:update": { roles: EDITORS, protectedRoles: RELEASERS },
  "secret:reveal": { roles: ADMINS, dangerous: true },
};
const access: Access = {
  policy,
  loaders: {
    service: async (scope, { service }) =>
      service === "missing" || scope?.organisationId === AWAY
        ? null
        : { kind: "service", organisationId: HOME, projectId: SHOP, environmentId: PRODUCTION, isProtected: true },
  },
};

const seen = (changes: Partial<MemberPrincipal> & { role?: MemberPrincipal["role"] }) =>
  person(changes.role ?? "member", { verifiedAt: Date.now(), ...changes } as never);

const refused = async (who: Principal, action: string, kind: string, input = {}) => {
  const err = await admit(access, who, action, kind, input).catch((thrown: DomainError) => thrown);
  if (!(err instanceof Error)) throw new Error("it was admitted");
  return { code: err.code, message: err.message };
};

describe("lists of what is in projects", () => {
  const within = async (who: Principal) => (await admit(access, who, "project:read", "projects", {})).scope?.projectIds;
  const owner = seen({ role: "owner" });

  test("are shown whole to who reads the organisation", async () => {
    expect(await within(seen({ role: "viewer" }))).toBeNull();
    expect(await within(serviceLike(owner, ["project:*"]))).toBeNull();
  });

  test("are cut to the projects somebody has a role in, of whichever environment", async () => {
    const grants = [grant("viewer", BLOG), grant("developer", SHOP, STAGING), grant("viewer", SHOP, STAGING)];
    expect(await within(seen({ grants }))).toEqual([BLOG, SHOP]);
  });

  test("are cut to the projects a token is for, and of those to what its person may see", async () => {
    expect(await within(tokenOf(owner, [`project:read@project/${SHOP}`, "service:*"]))).toEqual([SHOP]);
    const ofShop = seen({ grants: [grant("viewer", SHOP)] });
    expect(await within(tokenOf(ofShop, [`*@project/${BLOG}`]))).toEqual([]);
  });

  test("are empty, and not refused, for a member without any role", async () => {
    expect(await within(seen({}))).toEqual([]);
  });

  test("are refused to who belongs to the organisation, but may not read", async () => {
    expect(await refused(tokenOf(owner, ["service:*"]), "project:read", "projects")).toMatchObject({
      code: "forbidden",
    });
    expect(await refused(ANONYMOUS, "project:read", "projects")).toMatchObject({ code: "unauthenticated" });
  });
});

describe("a refusal", () => {
  const developer = seen({ grants: [grant("developer", SHOP)] });
  const stale = seen({ role: "owner", verifiedAt: Date.now() - 11 * 60_000 } as never);
  const rows: [name: string, who: Principal, action: string, kind: string, code: string, says: RegExp][] = [
    ["of a stranger", ANONYMOUS, "service:update", "service", "unauthenticated", /Sign in/],
    ["of what nobody of the caller's may know", seen({}), "service:update", "service", "not_found", /no such service/],
    [
      "of a role",
      seen({ role: "viewer" }),
      "service:update",
      "service",
      "forbidden",
      /role does not allow service:update/,
    ],
    ["of a protected environment", developer, "service:update", "service", "forbidden", /environment is protected/],
    ["of an old session", stale, "secret:reveal", "organisation", "unverified", /Confirm/],
    [
      "of a token that names no danger",
      tokenOf(stale, ["*"]),
      "secret:reveal",
      "organisation",
      "forbidden",
      /name secret:reveal/,
    ],
    ["of what no loader knows", developer, "service:update", "nothing", "not_found", /no such nothing/],
  ];
  test.each(rows)("%s says why", async (_name, who, action, kind, code, says) => {
    const got = await refused(who, action, kind);
    expect(got.code).toBe(code as never);
    expect(got.message).toMatch(says);
  });

  test("of what is hidden is byte for byte that of what is missing", async () => {
    const server = serverWith();
    const answer = async (note: string) => {
      const headers = { ...as("hp_owner"), "x-request-id": "0199f000-abcd" };
      const response = await server.request(`/api/v1/notes/notes/${note}`, { headers });
      return { status: response.status, headers: [...response.headers], body: await response.text() };
    };
    const [foreign, missing] = [await answer("foreign"), await answer("missing")];
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(missing);
  });
});

test("what somebody may besides is decided by the same rules", async () => {
  const developer = seen({ grants: [grant("developer", SHOP)] });
  const { may, resource } = await admit(access, developer, "project:read", "projects", {});
  const of = (projectId: typeof SHOP, isProtected = false) => ({ ...resource, projectId, isProtected });
  expect([may("service:update", of(SHOP)), may("service:update", of(SHOP, true))]).toEqual([true, false]);
  expect([may("service:update", of(BLOG)), may("project:create", resource), may("nonsense", of(SHOP))]).toEqual([
    false,
    false,
    false,
  ]);
});

test("what is dangerous may be offered to whose proof is old, and not done", async () => {
  const offered = async (who: Principal) => {
    const { may, mayOnceVerified, resource } = await admit(access, who, "project:read", "projects", {});
    return [may("secret:reveal", resource), mayOnceVerified("secret:reveal", resource)];
  };
  const verifiedAt = Date.now() - 11 * 60_000;
  expect(await offered(seen({ role: "owner", verifiedAt } as never))).toEqual([false, true]);
  expect(await offered(seen({ role: "owner" }))).toEqual([true, true]);
  expect(await offered(seen({ role: "developer", verifiedAt } as never))).toEqual([false, false]);
  expect(await offered(tokenOf(seen({ role: "owner" }), ["*"]))).toEqual([false, false]);
});

describe("who calls", () => {
  const app: Principal = { kind: "app", appId: "ci" };
  const service = serviceLike(seen({ role: "developer" }), ["*"]);

  test("is a member, a person or neither", () => {
    expect(memberOf({ principal: service })).toBe(service);
    expect(() => memberOf({ principal: app })).toThrow("Only members");
    expect(() => personOf({ principal: service })).toThrow("Only people");
    expect(() => personOf({ principal: ANONYMOUS })).toThrow("Only members");
  });

  test("has a scope as a member, and none as a part of the platform", async () => {
    const admitted = await admit(access, service, "service:update", "organisation", {});
    expect(memberScope(admitted)).toEqual(
      expect.objectContaining({ organisationId: HOME, organisationSlug: "home", projectIds: null }),
    );
    const { scope } = await admit(access, app, "project:read", "service", {});
    expect(() => memberScope({ scope })).toThrow("Only members");
  });
});
