import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { app } from "../src/index.ts";
import type { DeclaredActions } from "../src/ports.ts";

type Answer = Awaited<ReturnType<TestApp["json"]>>;

export const PASSWORD = "correct horse battery";

/** The real auth app with Ada as its first admin, unless the platform is still new. */
export type World = TestApp & {
  setupToken(): string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  remove(path: string, headers: Record<string, string>): Promise<Answer>;
  /** Sends a form as a browser without scripts does. */
  submit(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** Signs Ada, or somebody added, in; the headers of her browser. */
  signIn(email?: string): Promise<{ cookie: string }>;
  /** Adds somebody to Ada's organisation, with the same password as hers. */
  addPerson(email: string, role: string): Promise<void>;
  /** Makes a token by this browser; the headers of whoever holds it. */
  token(owner: Record<string, string>, input?: Record<string, unknown>): Promise<Token>;
};

export type Token = { id: string; value: string; headers: { authorization: string }; body: Answer["body"] };

/** For services that are used without their app: nothing is known to be harmless. */
export const NO_ACTIONS: DeclaredActions = { read: async () => ({ implied: new Set(), known: null }) };

export const ADA = "ada@example.com";

export const cookieOf = (headers: Headers): string => (headers.get("set-cookie") ?? "").split(";")[0] ?? "";

export const startWorld = async (
  options: { claimed?: boolean; settingEnv?: Record<string, string> } = {},
): Promise<World> => {
  const auth = await startTestApp(app, { settingEnv: options.settingEnv ?? {} });
  const api = (path: string) => `/api/v1/auth${path}`;
  const world: World = {
    ...auth,
    setupToken: () => readFileSync(join(auth.platform.config.dataDir, "setup-token"), "utf8").trim(),
    post: (path, body, headers = {}) => auth.json("POST", api(path), headers, body),
    get: (path, headers = {}) => auth.json("GET", api(path), headers),
    remove: (path, headers) => auth.json("DELETE", api(path), headers),
    submit: (path, fields, headers = {}) =>
      auth.request(path, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams(fields),
      }),
    async signIn(email = ADA) {
      const { headers, status } = await world.post("/sessions", { email, password: PASSWORD });
      if (status !== 201) throw new Error(`${email} could not sign in: ${status}`);
      return { cookie: cookieOf(headers) };
    },
    async addPerson(email, role) {
      await auth.database.admin`
        with ada as (
          select p.password_hash, m.organisation_id
          from auth.people p
          join auth.memberships m on m.person_id = p.id
          where p.email = ${ADA}
          order by m.created_at
          limit 1
        ), person as (
          insert into auth.people (id, email, name, password_hash)
          select ${Bun.randomUUIDv7()}, ${email}, 'Somebody', password_hash from ada
          returning id
        )
        insert into auth.memberships (person_id, organisation_id, role)
        select person.id, ada.organisation_id, ${role} from person, ada`;
    },
    async token(owner, input = {}) {
      const { status, body } = await world.post("/tokens", { name: "a token", ...input }, owner);
      if (status !== 201) throw new Error(`no token: ${JSON.stringify(body)}`);
      return { id: body.id, value: body.token, headers: { authorization: `Bearer ${body.token}` }, body };
    },
  };
  if (options.claimed !== false) {
    const claim = { token: world.setupToken(), email: ADA, name: "Ada", password: PASSWORD };
    const { status } = await world.post("/setup", claim);
    if (status !== 201) throw new Error(`the platform could not be claimed: ${status}`);
  }
  return world;
};
