import type { Canaries } from "./canary.ts";
import { bodyOf, mailIsOn, type RequestHeaders } from "./house.ts";
import { expectStatus, type Field, listen } from "./planting.ts";

/** Values as people have them: keys over several lines, JSON, addresses with a password, text that is encoded already. */
const shapesOf = (canaries: Canaries, what: string): Record<string, string> => {
  const make = (shape: string) => canaries.make(`${what}, ${shape}`);
  return {
    PLAIN: make("plain"),
    LINES: `-----BEGIN KEY-----\n${make("in lines")}\n-----END KEY-----\n`,
    QUOTES: `"${make("in quotes")}" 'and' \\more\\`,
    JSON: JSON.stringify({ password: make("in JSON") }),
    ADDRESS: `postgres://user:${make("in an address")}@db/x?sslmode=require`,
    BASE64: Buffer.from(`x${make("in base64")}`).toString("base64"),
    ENCODED: encodeURIComponent(`${make("URL-encoded")} &/=`),
  };
};

/** The settings that are secret, with a mail server that takes every mail. */
export const plantSettings = async (field: Field, ada: RequestHeaders): Promise<void> => {
  const { canaries, mailbox } = field;
  const values = {
    "auth.smtp-host": "127.0.0.1",
    "auth.smtp-port": mailbox.port,
    "auth.smtp-security": "none",
    "auth.smtp-user": "homeport",
    "auth.smtp-password": canaries.make("password of the mail server"),
    "auth.mail-from": "homeport@example.com",
    "auth.denied-webhook-secret": canaries.make("secret of the webhook"),
  };
  const put = listen(field)("PUT", "/api/v1/settings/values", { headers: ada, json: { values } });
  await expectStatus(200, put, "settings");
  await mailIsOn(field.ask);
};

/** A policy with a password, and a project whose service and secret group have one of each shape. */
export const plantProject = async (field: Field, ada: RequestHeaders): Promise<Record<string, string>> => {
  const { ask, canaries } = field;
  const quiet = listen(field);
  const host = "shut.example.com";
  const users = [{ name: "guest", password: canaries.make("password of a policy") }];
  const policy = { headers: ada, json: { basicAuth: { realm: "Shut", users } } };
  await expectStatus(200, quiet("PUT", `/api/v1/traffic/policies/${host}`, policy), "policy");

  const projects = "/api/v1/deployments/projects";
  await expectStatus(201, quiet("POST", projects, { headers: ada, json: { slug: "shop" } }), "project");
  const inShop = `${projects}/shop`;
  const service = { slug: "api", source: { kind: "upload" } };
  await expectStatus(201, quiet("POST", `${inShop}/services`, { headers: ada, json: service }), "service");
  const values = shapesOf(canaries, "variable");
  const variables = `${inShop}/services/api/variables`;
  await expectStatus(200, quiet("PUT", variables, { headers: ada, json: { values } }), "variables");

  const kept = { ...ada, "idempotency-key": crypto.randomUUID() };
  const group = { slug: "keys", values: shapesOf(canaries, "secret at the making of a group") };
  const groups = `${inShop}/secret-groups`;
  await expectStatus(201, quiet("POST", groups, { headers: kept, json: group }), "secret group");
  const items = Object.fromEntries(
    Object.entries(shapesOf(canaries, "secret of a group")).map(([name, value]) => [`LATER_${name}`, value]),
  );
  const set = quiet("PUT", `${groups}/keys/items`, { headers: ada, json: { values: items } });
  await expectStatus(200, set, "items of the secret group");
  const use = { headers: ada, json: { use: { as: "files" } } };
  await expectStatus(200, quiet("PUT", `${inShop}/services/api/secret-groups/keys`, use), "attachment");

  // Told to who may ask, and kept nowhere.
  const asked = { headers: ada, json: { names: Object.keys(values) } };
  const revealed = await expectStatus(200, ask("POST", `${variables}/reveal`, asked), "revealing of variables");
  if (bodyOf<{ values: Record<string, string> }>(revealed).values.PLAIN !== values.PLAIN) {
    throw new Error("a variable is not what it was set to");
  }
  await expectStatus(200, ask("POST", `${groups}/keys/reveal`, { headers: ada, json: {} }), "revealing of secrets");
  return { project: "shop", service: "api", group: "keys", environment: "production", host };
};
