import { Secret } from "@homeport/kit/secret.ts";
import { stepAt, totpCode } from "../../../apps/auth/src/totp.ts";
import type { Canaries } from "./canary.ts";
import { bodyOf, cookieOf, type RequestHeaders } from "./house.ts";
import { linkTo, secretIn } from "./links.ts";
import { expectStatus, type Field, listen, postKept } from "./planting.ts";

const api = (path: string): string => `/api/v1/auth${path}`;

const noteCookie = (canaries: Canaries, name: string, cookie: string): RequestHeaders => {
  canaries.note(name, cookie.split("=", 2)[1] ?? "");
  return { cookie };
};

export type Accounts = {
  ada: RequestHeaders;
  apiToken: string;
  /** What the paths of the API name of it. */
  named: Record<string, string>;
};

/** Claims the platform for Ada, and gives her every secret that an account can have. */
export const plantAda = async (field: Field, setupToken: string): Promise<Accounts> => {
  const { ask, canaries } = field;
  const quiet = listen(field);
  canaries.note("setup token", setupToken);
  const first = canaries.make("first password");
  const claim = { token: setupToken, email: "ada@example.com", name: "Ada", password: first };
  const claimed = await expectStatus(201, ask("POST", api("/setup"), { json: claim }), "setup");
  const ada = noteCookie(canaries, "session of the setup", cookieOf(claimed));
  const { person, organisation } = bodyOf<{ person: { id: string }; organisation: { id: string } }>(claimed);

  const password = canaries.make("new password");
  await expectStatus(
    200,
    quiet("POST", api("/account/password"), { headers: ada, json: { current: first, password } }),
    "change of the password",
  );
  const signedIn = await expectStatus(
    201,
    ask("POST", api("/sessions"), { json: { email: "ada@example.com", password } }),
    "sign-in",
  );
  noteCookie(canaries, "session of a sign-in", cookieOf(signedIn));

  const made = await postKept<{ id: string; token: string }>(ask, api("/tokens"), ada, { name: "script" });
  const apiToken = canaries.note("API token", made.token);
  const account = await expectStatus(
    201,
    quiet("POST", api("/service-accounts"), { headers: ada, json: { slug: "robot", role: "developer" } }),
    "service account",
  );
  const { id: accountId } = bodyOf<{ id: string }>(account);
  const robot = await postKept<{ token: string }>(ask, api(`/service-accounts/${accountId}/tokens`), ada, {
    name: "x",
  });
  canaries.note("service account's token", robot.token);
  await plantDevice(field, ada);
  const basic = Buffer.from(`ada:${apiToken}`).toString("base64");
  const registry = await expectStatus(
    200,
    ask("GET", "/v2/token?scope=repository:home/shop/api:pull", { headers: { authorization: `Basic ${basic}` } }),
    "registry token",
  );
  const { token: registryToken } = bodyOf<{ token: string }>(registry);
  canaries.note("registry token", registryToken);
  await quiet("GET", "/v2/", { headers: { authorization: `Bearer ${registryToken}` } });
  return {
    ada,
    apiToken,
    named: { person: person.id, organisation: organisation.id, account: accountId },
  };
};

/** A command line that signs in: what it polls with, and the token it gets. */
const plantDevice = async ({ ask, canaries, heard }: Field, ada: RequestHeaders): Promise<void> => {
  const quiet = listen({ ask, heard });
  const started = await expectStatus(
    201,
    ask("POST", api("/device/code"), { json: { clientName: "laptop" } }),
    "device",
  );
  const { deviceCode, userCode } = bodyOf<{ deviceCode: string; userCode: string }>(started);
  canaries.note("device code", deviceCode);
  const form = { code: userCode, decision: "approve" };
  await expectStatus(200, quiet("POST", "/device", { headers: ada, form: { code: userCode } }), "device page");
  await expectStatus(200, quiet("POST", "/device/decide", { headers: ada, form }), "approval of the device");
  const polled = await expectStatus(200, ask("POST", api("/device/token"), { json: { deviceCode } }), "device token");
  const { token = "" } = bodyOf<{ token?: string }>(polled);
  canaries.note("device's token", token);
  const waiting = await ask("POST", api("/device/code"), { json: { clientName: "waits" } });
  canaries.note("device code that waits", bodyOf<{ deviceCode: string }>(waiting).deviceCode);
};

/** Invites Bob, who gets a second factor and everything that is mailed. Needs a mail server in the settings. */
export const plantBob = async (field: Field, ada: RequestHeaders): Promise<RequestHeaders> => {
  const { ask, canaries, mailbox } = field;
  const quiet = listen(field);
  const email = "bob@example.com";
  const invite = await postKept<{ link: string }>(ask, api("/invites"), ada, { email, role: "viewer" });
  const token = canaries.note("invite that was accepted", secretOf(invite.link));
  await mailbox.find(email, secretIn("invite"));
  const open = { email: "carol@example.com", role: "viewer" };
  const { link } = await postKept<{ link: string }>(ask, api("/invites"), ada, open);
  canaries.note("invite that is open", secretOf(link));
  await quiet("POST", api("/invites/lookup"), { json: { token } });
  const invitedWith = canaries.make("password of who was invited");
  const accepted = await expectStatus(
    201,
    ask("POST", api("/invites/accept"), { json: { token, name: "Bob", password: invitedWith } }),
    "acceptance of the invite",
  );
  noteCookie(canaries, "session of who was invited", cookieOf(accepted));

  await expectStatus(202, quiet("POST", api("/sign-in/link"), { json: { email } }), "link by mail");
  const link1 = canaries.note("magic link that was used", await mailbox.find(email, secretIn("signIn")));
  const entered = await expectStatus(303, ask("POST", linkTo("signIn", link1), { form: {} }), "sign-in by link");
  // The first proof of an address ends what opened the account before.
  const bob = noteCookie(canaries, "session of a magic link", cookieOf(entered));
  const password = canaries.make("password after a magic link");
  const change = quiet("POST", api("/account/password"), { headers: bob, json: { password } });
  await expectStatus(200, change, "password after a magic link");

  const other = "bob.new@example.com";
  await expectStatus(
    202,
    quiet("POST", api("/me/email"), { headers: bob, json: { email: other } }),
    "change of e-mail",
  );
  canaries.note("token of a new e-mail address", await mailbox.find(other, secretIn("email")));

  const enrolled = await expectStatus(
    201,
    ask("POST", api("/account/authenticator"), { headers: bob, json: {} }),
    "TOTP",
  );
  const { secret } = bodyOf<{ secret: string }>(enrolled);
  canaries.note("seed of the authenticator", secret);
  const json = { code: totpCode(new Secret(secret), stepAt(new Date())) };
  const confirmed = await expectStatus(
    200,
    ask("POST", api("/account/authenticator/confirm"), { headers: bob, json }),
    "confirmation of the authenticator",
  );
  const { recoveryCodes } = bodyOf<{ recoveryCodes: string[] }>(confirmed);
  for (const [index, code] of recoveryCodes.entries()) {
    canaries.note(`recovery code ${index}`, code);
    canaries.note(`recovery code ${index} without dashes`, code.replaceAll("-", ""));
  }
  const held = await expectStatus(303, ask("POST", "/sign-in", { form: { email, password } }), "the first factor");
  const pending = cookieOf(held);
  canaries.note("cookie of a sign-in that waits for its code", pending.split("=", 2)[1] ?? "");
  const form = { code: recoveryCodes[0] ?? "", next: "/" };
  const second = await expectStatus(
    303,
    ask("POST", "/sign-in/code", { headers: { cookie: pending }, form }),
    "the code",
  );
  const cookies = second.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
  noteCookie(canaries, "session of a recovery code", cookies.find((cookie) => cookie.startsWith("homeport=")) ?? "");
  return bob;
};

const secretOf = (link: string): string => secretIn("invite").exec(link)?.[1] ?? "";
