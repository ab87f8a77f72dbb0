import type { RequestHeaders, Sent } from "./house.ts";
import { linkTo } from "./links.ts";
import { type Field, listen } from "./planting.ts";

/**
 * Requests that are refused while a secret is in them: a slip of the hand, a wrong password, a token of somewhere else.
 * What was typed must not come back in the message, nor go into a log. Gives what should have been refused and was not.
 */
export const makeMistakes = async (field: Field, ada: RequestHeaders): Promise<string[]> => {
  const { canaries } = field;
  const quiet = listen(field);
  const secret = (what: string) => canaries.make(`${what}, sent by mistake`);
  const email = "ada@example.com";
  const shop = "/api/v1/deployments/projects/shop";
  const unknownToken = canaries.note("API token of another platform", `hp_${"Q".repeat(10)}${secret("token's body")}`);
  const requests: [method: string, path: string, sent: Sent][] = [
    ["POST", "/sign-in", { form: { email, password: secret("password of a sign-in") } }],
    ["POST", "/sign-in", { form: { email: "nobody", password: secret("password beside a wrong address") } }],
    ["POST", "/api/v1/auth/sessions", { json: { email, password: secret("password of an API sign-in") } }],
    ["POST", "/api/v1/auth/sessions", { json: { email, password: [secret("password of a wrong type")] } }],
    ["POST", "/setup", { form: { token: secret("setup token"), email: "x", name: "", password: secret("password") } }],
    [
      "POST",
      "/account/security/password",
      { headers: ada, form: { current: secret("password of now"), password: secret("next password") } },
    ],
    ["POST", "/sign-in/confirm", { headers: ada, form: { password: secret("confirmation") } }],
    [
      "POST",
      "/sign-in/code",
      { headers: { cookie: `homeport-sign-in=${secret("cookie")}` }, form: { code: "123456" } },
    ],
    ["GET", linkTo("invite", secret("invite")), {}],
    [
      "POST",
      linkTo("invite", secret("invite of a form")),
      { form: { name: "X", password: secret("password of an invite") } },
    ],
    ["GET", linkTo("signIn", secret("magic link")), {}],
    ["POST", linkTo("signIn", secret("magic link of a form")), { form: {} }],
    ["GET", linkTo("email", secret("e-mail token")), {}],
    ["POST", "/api/v1/auth/device/token", { json: { deviceCode: secret("device code") } }],
    ["GET", "/api/v1/auth/me", { headers: { authorization: `Bearer ${unknownToken}` } }],
    ["GET", "/api/v1/auth/me", { headers: { authorization: `Bearer ${secret("identity")}` } }],
    ["GET", "/api/v1/auth/me", { headers: { cookie: `homeport=${secret("session")}` } }],
    [
      "GET",
      "/v2/token",
      { headers: { authorization: `Basic ${Buffer.from(`x:${secret("docker password")}`).toString("base64")}` } },
    ],
    ["PUT", `${shop}/services/api/variables`, { headers: ada, json: { values: { "NOT-A-NAME": secret("variable") } } }],
    ["PUT", `${shop}/services/api/variables`, { headers: ada, json: { values: { A: [secret("list")] } } }],
    ["PUT", `${shop}/secret-groups/keys/items`, { headers: ada, json: { values: { A: { x: secret("item") } } } }],
    [
      "POST",
      "/projects/shop/secrets/keys/items",
      { headers: ada, form: { name: "no name", value: secret("item's form") } },
    ],
    [
      "POST",
      "/projects/shop/api/variables",
      { headers: ada, form: { name: "no name", value: secret("variable's form") } },
    ],
    [
      "PUT",
      "/api/v1/settings/values",
      { headers: ada, json: { values: { "auth.smtp-password": secret("setting"), "auth.smtp-port": "many" } } },
    ],
    [
      "POST",
      "/api/v1/settings/import",
      {
        headers: ada,
        json: {
          document: {
            format: 1,
            exportedAt: new Date().toISOString(),
            settings: { "auth.smtp-password": secret("import") },
          },
        },
      },
    ],
    [
      "PUT",
      "/api/v1/traffic/policies/shut.example.com",
      { headers: ada, json: { basicAuth: { users: [{ name: "a:b", password: secret("policy") }] } } },
    ],
    [
      "POST",
      "/admin/gateway/policies/shut.example.com",
      { headers: ada, form: { user0: "a:b", password0: secret("policy's form") } },
    ],
  ];
  const accepted: string[] = [];
  for (const [method, path, sent] of requests) {
    const { status, body } = await quiet(method, path, sent);
    const isRefused = status === 303 || (status >= 400 && status < 500) || body === '{"state":"expired"}';
    if (!isRefused) accepted.push(`${method} ${path}: ${status}`);
  }
  return accepted;
};
