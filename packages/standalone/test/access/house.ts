import { readFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createPeople, type People } from "../matrix/people.ts";
import { type Answer, type MatrixPlatform, type Row, startMatrixPlatform } from "../matrix/platform.ts";

export type RequestHeaders = Record<string, string>;

export type Sent = { headers?: RequestHeaders; json?: unknown; form?: Record<string, string> };

/** Sends a request to the platform, whose app answers is found by the path. */
export type Ask = (method: string, path: string, sent?: Sent) => Promise<Answer>;

export const ADA = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };

/** The whole platform in this process, and Ada, who owns it. */
export type House = MatrixPlatform & {
  ask: Ask;
  people: People;
  organisation: { id: string; slug: string };
  /** The answers of everybody who claimed the platform; one of them made Ada its owner. */
  claims: readonly Answer[];
  ada: { id: string; headers: RequestHeaders };
  /** Makes a member of Ada's organisation with her password; a session of theirs. */
  member(role: string): Promise<{ id: string; email: string; headers: RequestHeaders }>;
};

export const setupTokenOf = (dataDir: string): string => readFileSync(join(dataDir, "setup-token"), "utf8").trim();

export const cookieOf = ({ headers }: Answer): string => (headers.get("set-cookie") ?? "").split(";")[0] ?? "";

/** `claimants` want to be its first admin, all at once. */
export const startHouse = async (claimants = 1): Promise<House> => {
  const platform = await startMatrixPlatform();
  const ask = askOf(platform);
  const people = createPeople(platform.database.admin);
  const token = setupTokenOf(platform.platform.config.dataDir);
  const claims = await Promise.all(
    Array.from({ length: claimants }, () => ask("POST", "/api/v1/auth/setup", { json: { ...ADA, token } })),
  );
  const claimed = claims.find(({ status }) => status === 201);
  if (claimed === undefined) throw new Error(`the platform could not be claimed: ${claims[0]?.body}`);
  const { person, organisation } = JSON.parse(claimed.body) as {
    person: { id: string };
    organisation: { id: string; slug: string };
  };
  const { admin } = platform.database;
  return {
    ...platform,
    ask,
    people,
    organisation,
    claims,
    ada: { id: person.id, headers: { cookie: cookieOf(claimed) } },
    async member(role) {
      const id = await people.addMember(organisation, role);
      const [row] = await admin<{ email: string }[]>`
        update auth.people set password_hash = (select password_hash from auth.people where id = ${person.id})
        where id = ${id}
        returning email`;
      return { id, email: row?.email ?? "", headers: (await people.session(id, organisation.id)).headers };
    },
  };
};

export const askOf =
  ({ rows, send }: Pick<MatrixPlatform, "rows" | "send">): Ask =>
  (method, path, { headers = {}, json, form } = {}) => {
    const app = appOf(rows, path);
    if (json !== undefined) {
      return send(app, method, path, { "content-type": "application/json", ...headers }, JSON.stringify(json));
    }
    if (form === undefined) return send(app, method, path, headers);
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return send(app, method, path, { ...type, ...headers }, new URLSearchParams(form).toString());
  };

/** @throws {Error} for a path of no app */
const appOf = (rows: readonly Row[], path: string): string => {
  const api = /^\/api\/v1\/([^/?]+)/.exec(path)?.[1];
  if (api !== undefined) return api;
  const pathname = path.split("?")[0] ?? "";
  const row = rows.find((each) => patternOf(each.path).test(pathname));
  if (row === undefined) throw new Error(`no app answers ${path}`);
  return row.app;
};

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replaceAll(/:\w+\{\.\+\}|\*/g, ".+")
      .replaceAll(/\{\w+\}|:\w+/g, "[^/]+")
      .replaceAll(".", "\\.")
      .replaceAll("\\.+", ".+")}$`,
  );

export const bodyOf = <T>({ body }: Pick<Answer, "body">): T => JSON.parse(body) as T;

/** Makes a mailbox the mail server of the platform. */
export const mailThrough = async ({ ask, ada }: Pick<House, "ask" | "ada">, port: number): Promise<void> => {
  const values = {
    "auth.smtp-host": "127.0.0.1",
    "auth.smtp-port": port,
    "auth.smtp-security": "none",
    "auth.mail-from": "homeport@example.com",
  };
  const put = await ask("PUT", "/api/v1/settings/values", { headers: ada.headers, json: { values } });
  if (put.status !== 200) throw new Error(`the mail server could not be set: ${put.body}`);
  await mailIsOn(ask);
};

/** Every process learns of a setting by itself, soon. */
export const mailIsOn = async (ask: Ask): Promise<void> => {
  await waitFor(async () => (await ask("GET", "/api/v1/auth/sign-in/methods")).body.includes('"link"'), {
    timeoutMs: 20_000,
    message: "links by mail are offered",
  });
};
