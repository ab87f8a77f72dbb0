import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { deriveKey } from "@homeport/kit/crypto.ts";
import { identityKey } from "@homeport/kit/identity.ts";
import { isApiToken, newApiToken } from "../../../apps/auth/src/token.ts";
import { appFolders } from "../../src/app-list.ts";
import { type Changes, watchChanges } from "../matrix/changes.ts";
import { type Forged, forgedJwts, type Issuer, jwt, now, validJwt } from "./forged-jwts.ts";
import { bodyOf, type House, startHouse } from "./house.ts";
import { faultsOf } from "./refusals.ts";

let house: House;
let changes: Changes;
let identities: Issuer;
let registry: Issuer;
let asApp: Record<string, string>;
let apiToken: string;

beforeAll(async () => {
  house = await startHouse();
  const { appSecret } = house.platform.config;
  const keys = { identity: identityKey(appSecret), registry: deriveKey(appSecret, "registry-token") };
  const others = {
    "the platform's secret": Buffer.from(appSecret.reveal()),
    "the key of gate requests": deriveKey(appSecret, "gate request"),
    "the key that data keys are wrapped with": deriveKey(appSecret, "kek"),
  };
  identities = {
    key: keys.identity,
    claims: { who: { kind: "app", appId: "gateway" }, iss: "homeport", aud: "homeport" },
    otherKeys: { ...others, "the registry's key": keys.registry },
  };
  asApp = await house.identity({ kind: "app", appId: "gateway" });
  const made = await house.ask("POST", "/api/v1/auth/tokens", { headers: house.ada.headers, json: { name: "one" } });
  apiToken = bodyOf<{ token: string }>(made).token;
  registry = {
    key: keys.registry,
    claims: claimsOf(bodyOf<{ token: string }>(await basic(apiToken)).token),
    otherKeys: { ...others, "the key of identities": keys.identity },
  };
  changes = await watchChanges(house.database.admin, ["platform", ...appFolders.map(({ id }) => id)]);
}, 120_000);
afterAll(() => house?.stop());

/** What a token says, but for its times. */
const claimsOf = (token: string): Record<string, unknown> => {
  const { iat: _, exp: __, ...claims } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return claims;
};

const bearer = (path: string, token: string) =>
  house.ask("GET", path, { headers: { authorization: `Bearer ${token}` } });

const basic = (password: string) => {
  const authorization = `Basic ${Buffer.from(`x:${password}`).toString("base64")}`;
  return house.ask("GET", "/v2/token", { headers: { authorization } });
};

/** Whose credential something is: a question that only apps may ask. */
const ask = (token: string) =>
  house.ask("POST", "/api/v1/auth/credentials/resolve", {
    headers: { authorization: `Bearer ${token}` },
    json: { kind: "token", value: "x" },
  });

describe("an identity of a part of the platform", () => {
  /** Signed with our key, and of nobody that is a part. */
  const impostors = (): Forged[] =>
    [
      { kind: "person", personId: house.ada.id, sessionId: house.ada.id, role: "owner", organisationId: "x" },
      { kind: "token", personId: house.ada.id, scopes: ["*"], role: "owner" },
      { kind: "service", serviceAccountId: house.ada.id, role: "admin" },
      { kind: "anonymous" },
      { kind: "Agent", nodeId: Bun.randomUUIDv7() },
      { kind: "agent", nodeId: "1" },
      { kind: "agent" },
      { kind: ["agent"], nodeId: Bun.randomUUIDv7() },
      "agent",
      null,
      [],
    ].map((who) => ({
      name: `of ${JSON.stringify(who)}`,
      token: jwt(identities.key, { alg: "HS256" }, { ...identities.claims, who, exp: now() + 60 }),
    }));

  test("opens what it is for", async () => {
    expect((await ask(validJwt(identities))).status).toBe(200);
    expect((await basic(validJwt(identities))).status).toBe(200);
  });

  test("that is forged is nobody's, and reads like every other", async () => {
    const cases = [
      ...forgedJwts(identities),
      ...impostors(),
      { name: "of the registry", token: validJwt(registry) },
      { name: "of the registry, signed with our key", token: validJwt({ ...registry, key: identities.key }) },
    ];
    expect(cases.length).toBeGreaterThan(80);
    expect(await faultsOf(cases, [401], changes, ({ token }) => ask(token))).toEqual([]);
    expect(await faultsOf(cases, [401], changes, ({ token }) => basic(token))).toEqual([]);
  }, 60_000);
});

describe("a token of the registry", () => {
  test("opens what it is for", async () => {
    expect((await bearer("/v2/", validJwt(registry))).status).toBe(200);
  });

  test("that is forged is nobody's, and reads like every other", async () => {
    const cases = [
      ...forgedJwts(registry),
      { name: "an identity", token: validJwt(identities) },
      { name: "an identity, signed with the registry's key", token: validJwt({ ...identities, key: registry.key }) },
      { name: "an API token", token: apiToken },
    ];
    expect(await faultsOf(cases, [401], changes, ({ token }) => bearer("/v2/", token))).toEqual([]);
    const pull = "/v2/home/shop/api/manifests/latest";
    expect(await faultsOf(cases, [401], changes, ({ token }) => bearer(pull, token))).toEqual([]);
  }, 60_000);
});

describe("an API token", () => {
  const flipped = (text: string): string =>
    [...text].map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())).join("");

  const wrong = (): Forged[] => {
    const [, body = "", checksum = ""] = apiToken.split("_");
    const unknown = newApiToken().reveal();
    expect(isApiToken(newApiToken())).toBe(true); // its checksum is right, and nobody has it
    return [
      { name: "with a wrong checksum", token: `hp_${body}_${checksum === "00000000" ? "00000001" : "00000000"}` },
      { name: "with the checksum of another", token: `hp_${body}_${unknown.slice(-8)}` },
      { name: "that nobody has", token: unknown },
      { name: "in other case", token: `hp_${flipped(body)}_${checksum}` },
      { name: "in other case, whole", token: apiToken.toUpperCase() },
      { name: "with its checksum in other case", token: `hp_${body}_${checksum.toUpperCase()}F` },
      { name: "with a blank in it", token: `${apiToken.slice(0, 20)} ${apiToken.slice(20)}` },
      { name: "twice", token: `${apiToken},${apiToken}` },
      { name: "with something behind it", token: `${apiToken}x` },
      { name: "with something in front", token: `x${apiToken}` },
      { name: "without its checksum", token: `hp_${body}` },
      { name: "that is the prefix only", token: "hp_" },
      { name: "that is its hash", token: `hp_${new Bun.CryptoHasher("sha256").update(apiToken).digest("hex")}` },
      { name: "of 4 KB", token: `hp_${"a".repeat(4093)}` },
      { name: "of 8 KB", token: `hp_${"a".repeat(8189)}` },
    ];
  };
  /** What no header can hold. */
  const unsendable = (): Forged[] => [
    { name: "with a NUL behind it", token: `${apiToken}\0` },
    { name: "with a NUL in it", token: `${apiToken.slice(0, 9)}\0${apiToken.slice(9)}` },
    { name: "with a line end", token: `${apiToken}\n` },
    { name: "with a look-alike of its first letter", token: `һ${apiToken.slice(1)}` },
    { name: "in full-width letters", token: `ｈｐ${apiToken.slice(2)}` },
    { name: "with an invisible sign", token: `hp_\u200b${apiToken.slice(3)}` },
    { name: "with half a character", token: `${apiToken}\ud800` },
  ];
  const resolve = (value: string, kind = "token") =>
    house.ask("POST", "/api/v1/auth/credentials/resolve", { headers: asApp, json: { kind, value } });
  const checkGate = (value: string) => {
    const json = { credential: { kind: "token", value }, organisationId: house.organisation.id };
    return house.ask("POST", "/api/v1/auth/gate/check", { headers: asApp, json });
  };
  const short = ({ token }: Forged): boolean => token.length <= 4096;

  test("opens every door that takes one", async () => {
    expect((await bearer("/api/v1/auth/me", apiToken)).status).toBe(200);
    expect((await basic(apiToken)).status).toBe(200);
    expect((await resolve(apiToken)).body).toContain(house.ada.id);
    expect((await checkGate(apiToken)).body).toContain("welcome");
  });

  test("that is not quite one opens none, and reads like every other", async () => {
    const sendable = wrong();
    const all = [...sendable, ...unsendable()];
    expect(await faultsOf(sendable, [401], changes, ({ token }) => bearer("/api/v1/auth/me", token))).toEqual([]);
    expect(
      await faultsOf(sendable, [401], changes, ({ token }) => bearer("/api/v1/deployments/projects", token)),
    ).toEqual([]);
    expect(await faultsOf(all, [401], changes, ({ token }) => basic(token))).toEqual([]);
    expect(await faultsOf(all.filter(short), [200], changes, ({ token }) => resolve(token))).toEqual([]);
    expect((await resolve(newApiToken().reveal())).body).toBe('{"principal":null}');
    expect(await faultsOf(all.filter(short), [200], changes, ({ token }) => checkGate(token))).toEqual([]);
    expect((await checkGate(newApiToken().reveal())).body).toBe('{"kind":"stranger"}');
  }, 60_000);

  test("is no session, and a session is no token", async () => {
    const session = (house.ada.headers.cookie ?? "").split("=")[1] ?? "";
    const cases = [
      { name: "token as a session", value: apiToken, kind: "session" },
      { name: "session as a token", value: session, kind: "token" },
    ];
    expect(await faultsOf(cases, [200], changes, ({ value, kind }) => resolve(value, kind))).toEqual([]);
    expect((await resolve(apiToken, "session")).body).toBe('{"principal":null}');
    expect((await bearer("/api/v1/auth/me", session)).status).toBe(401);
  });
});
