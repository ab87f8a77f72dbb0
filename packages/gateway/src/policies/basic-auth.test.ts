import { beforeAll, beforeEach, expect, test } from "bun:test";
import type { BasicAuth } from "@homeport/kit/registry/policy.ts";
import { headerOf, type RequestParts, requestOf, settled, verdictOf } from "../../test/policy-request.ts";
import { BasicAuthCheck } from "./basic-auth.ts";
import { PasswordQueue } from "./password-queue.ts";
import { RateLimits } from "./rate-limits.ts";

let rules: BasicAuth;
let now: number;
let verifications: string[];
let auth: BasicAuthCheck;

beforeAll(async () => {
  const cheap = (password: string) => Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });
  rules = {
    realm: "Staging",
    users: [
      { name: "ada", passwordHash: await cheap("lovelace") },
      { name: "jürgen", passwordHash: await cheap("pässwört") },
    ],
  };
});

beforeEach(() => {
  now = 1_000_000;
  verifications = [];
  const verify = (password: string, hash: string) => {
    verifications.push(password);
    return Bun.password.verify(password, hash);
  };
  const limits = new RateLimits(null, { now: () => now });
  auth = new BasicAuthCheck(limits, { now: () => now, passwords: new PasswordQueue(verify) });
});

const withLogin = (name: string, password: string, parts: RequestParts = {}) =>
  requestOf({ ...parts, headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` } });

test("who has the password comes in, and the upstream does not see it", async () => {
  const check = auth.forHost("shop.example", rules);
  expect(await settled(check(withLogin("ada", "lovelace")))).toEqual({ kind: "pass", dropAuthorization: true });
  expect(await verdictOf(check(withLogin("jürgen", "pässwört")))).toBe("pass");
});

test.each([
  { name: "nothing", headers: {} },
  { name: "a token", headers: { authorization: "Bearer hp_abc" } },
  { name: "a broken header", headers: { authorization: "Basic !" } },
])("who shows $name is asked for a password, without one being looked at", async ({ headers }) => {
  const outcome = auth.forHost("shop.example", rules)(requestOf({ headers }));
  expect(await verdictOf(outcome)).toBe(401);
  expect(headerOf(outcome, "www-authenticate")).toBe('Basic realm="Staging", charset="UTF-8"');
  expect(verifications).toEqual([]);
});

test("a wrong password, another's password and an unknown name are the same to the client, and cost the same", async () => {
  const check = auth.forHost("shop.example", rules);
  const answers = await Promise.all(
    [
      withLogin("ada", "x"),
      withLogin("ada", "pässwört"),
      withLogin("nobody", "lovelace"),
      withLogin("nobody", "pässwört"),
    ].map((request) => settled(check(request))),
  );
  const [first] = answers;
  expect(first).toMatchObject({ kind: "answer", reply: { status: 401 } });
  for (const answer of answers) expect(answer).toEqual(first as typeof answer);
  expect(verifications).toHaveLength(4);
});

test("a password is looked at once a minute, however often it is shown", async () => {
  const check = auth.forHost("shop.example", rules);
  const first = Array.from({ length: 10 }, () => verdictOf(check(withLogin("ada", "lovelace"))));
  expect(new Set(await Promise.all(first))).toEqual(new Set(["pass"]));
  now += 59_999;
  expect(check(withLogin("ada", "lovelace")).kind).toBe("pass");
  expect(verifications).toHaveLength(1);
  now += 1;
  expect(await verdictOf(check(withLogin("ada", "lovelace")))).toBe("pass");
  expect(verifications).toHaveLength(2);
});

test("a password that was right is not remembered for another name, another host or a changed password", async () => {
  const check = auth.forHost("shop.example", rules);
  expect(await verdictOf(check(withLogin("ada", "lovelace")))).toBe("pass");
  expect(await verdictOf(check(withLogin("jürgen", "lovelace")))).toBe(401);
  const changed = await Bun.password.hash("new", { algorithm: "bcrypt", cost: 4 });
  const after = auth.forHost("shop.example", { ...rules, users: [{ name: "ada", passwordHash: changed }] });
  expect(await verdictOf(after(withLogin("ada", "lovelace")))).toBe(401);
  const elsewhere = auth.forHost("blog.example", { ...rules, users: [{ name: "ada", passwordHash: changed }] });
  expect(await verdictOf(elsewhere(withLogin("ada", "lovelace")))).toBe(401);
});

test("after twenty wrong passwords in a minute an address has to wait; who is remembered and other addresses go on", async () => {
  const check = auth.forHost("shop.example", rules);
  expect(await verdictOf(check(withLogin("ada", "lovelace")))).toBe("pass");
  for (let index = 0; index < 20; index++) expect(await verdictOf(check(withLogin("ada", `guess ${index}`)))).toBe(401);
  verifications = [];
  const refused = await settled(check(withLogin("jürgen", "pässwört")));
  expect(refused).toMatchObject({ kind: "answer", reply: { status: 429 } });
  expect(Number(headerOf(refused, "retry-after"))).toBeGreaterThan(0);
  expect(verifications).toEqual([]);
  expect(await verdictOf(check(withLogin("ada", "lovelace")))).toBe("pass");
  expect(await verdictOf(check(withLogin("jürgen", "pässwört", { clientAddress: "192.0.2.2" })))).toBe("pass");
  now += 120_000;
  expect(await verdictOf(check(withLogin("jürgen", "pässwört")))).toBe("pass");
});

test("a hundred wrong passwords at once are no way round the limit, nor are a hundred addresses of one network", async () => {
  const check = auth.forHost("shop.example", rules);
  const guesses = Array.from({ length: 100 }, (_, index) =>
    verdictOf(check(withLogin("ada", `guess ${index}`, { clientAddress: `2001:db8::${index}` }))),
  );
  const answers = await Promise.all(guesses);
  expect(verifications.length).toBeLessThanOrEqual(20);
  expect(answers.filter((answer) => answer === 429).length).toBeGreaterThanOrEqual(80);
});

test("a crowd of different addresses is told to come back, and nobody waits without end", async () => {
  const check = auth.forHost("shop.example", rules);
  const guesses = Array.from({ length: 100 }, (_, index) =>
    verdictOf(check(withLogin("ada", `guess ${index}`, { clientAddress: `192.0.2.${index}` }))),
  );
  const answers = await Promise.all(guesses);
  expect(answers.filter((answer) => answer === 401)).toHaveLength(18); // two running, sixteen waiting
  expect(answers.filter((answer) => answer === 503)).toHaveLength(82);
});

test("a user whose hash costs too much never comes in, the others do", async () => {
  const costly = `$argon2id$v=19$m=4000000,t=2,p=1$J6RVGLzpFwa7Ln3OCSiYrg$GcboL0YCkIgY`;
  const check = auth.forHost("shop.example", {
    ...rules,
    users: [{ name: "eve", passwordHash: costly }, ...rules.users],
  });
  expect(await verdictOf(check(withLogin("eve", "x")))).toBe(401);
  expect(await verdictOf(check(withLogin("ada", "lovelace")))).toBe("pass");
  const alone = auth.forHost("blog.example", { ...rules, users: [{ name: "eve", passwordHash: costly }] });
  expect(await verdictOf(alone(withLogin("eve", "x")))).toBe(401);
});
