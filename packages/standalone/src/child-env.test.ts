import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import { childEnv } from "./child-env.ts";
import { parseOptions } from "./options.ts";
import { pathsOf } from "./paths.ts";

const REFERENCE = join(import.meta.dir, "../../../references/env-reference.md");

/** What the supervisor decides itself. */
const SET = [
  "DATABASE_URL",
  "REDIS_URL",
  "APP_SECRET",
  "HOMEPORT_PORT",
  "HOMEPORT_DATA",
  "HOMEPORT_RUN",
  "HOMEPORT_ASSETS",
  "HOMEPORT_GATEWAY_URL",
  "HOMEPORT_REGISTRY",
  "HOMEPORT_ENGINE",
  "HOMEPORT_NODE_ID",
];

const envOf = (outer: Record<string, string>) =>
  childEnv(
    parseOptions(["--port", "4000", "--engine", "process"], "/srv"),
    pathsOf("/srv/.homeport"),
    { appSecret: new Secret("the secret"), nodeId: "the node" },
    { databaseUrl: new Secret("postgres://own"), redisUrl: "unix:///own" },
    outer,
  );

/** By the page that people read, not by the registry that the code reads. */
const documented = (): string[] => {
  const sections = readFileSync(REFERENCE, "utf8").split(/^## /m).slice(1);
  const ofChildren = sections.filter((section) => !section.startsWith("cli\n"));
  return [
    ...new Set(ofChildren.flatMap((section) => [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name!))),
  ];
};

test("every documented variable that a person sets reaches the platform's processes", async () => {
  const names = documented().filter((name) => !SET.includes(name) && name !== "HOMEPORT_LISTEN");
  expect(names).toContain("HOMEPORT_PRIVATE_SOURCES");
  const outer = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
  expect(await envOf(outer)).toMatchObject(outer);
});

test("what the supervisor decides is not changed from outside", async () => {
  const outer = Object.fromEntries(SET.map((name) => [name, "from outside"]));
  const env = await envOf(outer);
  expect(SET.filter((name) => env[name] === "from outside" || env[name] === undefined)).toEqual([]);
});

test("nothing else of the environment reaches them", async () => {
  const env = await envOf({ AWS_SECRET_ACCESS_KEY: "x", HOMEPORT_TOKEN: "x", HOMEPORT_LISTEN: "0.0.0.0:1" });
  expect(env).not.toContainAnyKeys(["AWS_SECRET_ACCESS_KEY", "HOMEPORT_TOKEN", "HOMEPORT_LISTEN"]);
});

test("an empty variable counts as not set", async () => {
  expect((await envOf({ APP_URL: "" })).APP_URL).toBe("http://localhost:4000");
});
