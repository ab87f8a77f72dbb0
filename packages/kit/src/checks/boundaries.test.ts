import { expect, test } from "bun:test";
import { checkBoundaries } from "./boundaries.ts";
import { graphOf } from "./graph.ts";
import { treeOf } from "./tree.ts";

const packageJson = (name: string) =>
  JSON.stringify({ name: `@homeport/${name}`, exports: { ".": "./src/index.ts", "./*": "./src/*" } });

/** A small repository with one file in each layer, none of which imports anything. */
const house = {
  "packages/kit/package.json": packageJson("kit"),
  "packages/kit/src/errors.ts": "export const a = 1;",
  "packages/kit/src/contract.ts": 'import { z } from "zod";',
  "packages/kit/src/db/connect.ts": 'import postgres from "postgres";',
  "packages/kit/test/postgres.ts": "",
  "packages/ui/package.json": packageJson("ui"),
  "packages/ui/src/index.ts": "",
  "packages/agent/package.json": packageJson("agent"),
  "packages/gateway/package.json": packageJson("gateway"),
  "packages/gateway/src/table.ts": "",
  "packages/sdk/package.json": packageJson("sdk"),
  "packages/apps/shop/package.json": packageJson("shop"),
  "packages/apps/shop/src/contract.ts": "",
  "packages/apps/shop/src/order.ts": "",
  "packages/apps/shop/src/ports.ts": "",
  "packages/apps/shop/src/service/place-order.ts": "",
  "packages/apps/shop/src/store/orders.ts": "",
  "packages/apps/shop/src/adapters/mail.ts": "",
  "packages/apps/shop/src/api/orders.ts": "",
  "packages/apps/shop/src/pages/orders.page.tsx": "",
  "packages/apps/bank/package.json": packageJson("bank"),
  "packages/apps/bank/src/contract.ts": "",
  "packages/apps/bank/src/account.ts": "",
};

const check = (files: Record<string, string>) => checkBoundaries(graphOf(treeOf("/", { ...house, ...files })));
const shop = (path: string) => `packages/apps/shop/src/${path}`;

const seeded: { name: string; path: string; source: string }[] = [
  { name: "an app another app's code", path: shop("service/a.ts"), source: 'import "@homeport/bank/account.ts";' },
  {
    name: "an app another app's types",
    path: shop("service/a.ts"),
    source: 'import type { A } from "@homeport/bank/account.ts";',
  },
  { name: "an app the gateway", path: shop("index.ts"), source: 'import "@homeport/gateway/table.ts";' },
  { name: "kit an app", path: "packages/kit/src/a.ts", source: 'import "@homeport/bank/account.ts";' },
  { name: "kit an app's contract", path: "packages/kit/src/a.ts", source: 'import "@homeport/bank/contract.ts";' },
  { name: "ui kit", path: "packages/ui/src/a.ts", source: 'import "@homeport/kit/errors.ts";' },
  { name: "the agent the gateway", path: "packages/agent/src/a.ts", source: 'import "@homeport/gateway/table.ts";' },
  {
    name: "a test another app's code",
    path: "packages/apps/shop/test/a.test.ts",
    source: 'import "@homeport/bank/account.ts";',
  },
  { name: "code test helpers", path: "packages/kit/src/a.ts", source: 'import "../test/postgres.ts";' },
  {
    name: "code another package by path",
    path: "packages/agent/src/a.ts",
    source: 'import "../../kit/src/errors.ts";',
  },
  { name: "a noun a service", path: shop("a.ts"), source: 'import "./service/place-order.ts";' },
  { name: "a noun a library that does I/O", path: shop("a.ts"), source: 'import "node:fs/promises";' },
  { name: "a noun a part of kit that does I/O", path: shop("a.ts"), source: 'import "@homeport/kit/db/connect.ts";' },
  { name: "a folder of nouns a store", path: shop("rules/a.ts"), source: 'import "../store/orders.ts";' },
  { name: "a service an adapter", path: shop("service/a.ts"), source: 'import "../adapters/mail.ts";' },
  { name: "a service an adapter later", path: shop("service/a.ts"), source: 'await import("../adapters/mail.ts");' },
  { name: "a service the disk", path: shop("service/a.ts"), source: 'import { rm } from "node:fs";' },
  { name: "a store a service", path: shop("store/a.ts"), source: 'import "../service/place-order.ts";' },
  { name: "an adapter a service", path: shop("adapters/a.ts"), source: 'import "../service/place-order.ts";' },
  { name: "the API a store", path: shop("api/a.ts"), source: 'import { b } from "../store/orders.ts";' },
  { name: "a contract a service", path: shop("contract/a.ts"), source: 'import "../service/place-order.ts";' },
  { name: "a contract a library", path: shop("contract/a.ts"), source: 'import "semver";' },
  {
    name: "a contract a part of kit that does I/O",
    path: shop("contract/a.ts"),
    source: 'import "@homeport/kit/db/connect.ts";',
  },
  { name: "an island a service", path: shop("pages/a.island.tsx"), source: 'import "../service/place-order.ts";' },
  { name: "an island kit", path: shop("pages/a.island.tsx"), source: 'import "@homeport/kit/errors.ts";' },
  { name: "an island the contract at run time", path: shop("pages/a.client.ts"), source: 'import "../contract.ts";' },
  {
    name: "anything a library that has one owner",
    path: "packages/agent/src/a.ts",
    source: 'import pino from "pino";',
  },
];

for (const { name, path, source } of seeded) {
  test(`${name}: refused`, () => {
    const violations = check({ [path]: `\n${source}` });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({
      rule: "boundaries",
      file: path,
      line: 2,
      instead: expect.stringMatching(/\.$/),
    });
  });
}

const allowed: { name: string; path: string; source: string }[] = [
  {
    name: "an app kit and ui",
    path: shop("index.ts"),
    source: 'import "@homeport/kit/db/connect.ts"; import "@homeport/ui";',
  },
  {
    name: "an adapter another app's contract",
    path: shop("adapters/a.ts"),
    source: 'import "@homeport/bank/contract.ts";',
  },
  { name: "the SDK every contract", path: "packages/sdk/src/a.ts", source: 'import "@homeport/bank/contract.ts";' },
  { name: "a noun another noun and zod", path: shop("a.ts"), source: 'import "./order.ts"; import "zod";' },
  { name: "a noun a part of kit without I/O", path: shop("a.ts"), source: 'import "@homeport/kit/errors.ts";' },
  {
    name: "a noun types of kit",
    path: shop("a.ts"),
    source: 'import type { Sql } from "@homeport/kit/db/connect.ts";',
  },
  {
    name: "a service nouns, ports and stores",
    path: shop("service/a.ts"),
    source: 'import "../order.ts"; import "../ports.ts"; import "../store/orders.ts";',
  },
  { name: "a store kit's database", path: shop("store/a.ts"), source: 'import "@homeport/kit/db/connect.ts";' },
  {
    name: "the API contract, service and row types",
    path: shop("api/a.ts"),
    source: 'import "../contract.ts"; import "../service/place-order.ts"; import type { A } from "../store/orders.ts";',
  },
  {
    name: "a contract zod, kit's contract and nouns",
    path: shop("contract/a.ts"),
    source: 'import "zod"; import "@homeport/kit/contract.ts"; import "../order.ts";',
  },
  {
    name: "an island types of the contract, and ui",
    path: shop("pages/a.island.tsx"),
    source: 'import type { A } from "../contract.ts"; import "@homeport/ui";',
  },
  {
    name: "a test everything of its package",
    path: "packages/apps/shop/test/a.test.ts",
    source: 'import "../src/adapters/mail.ts"; import "../src/pages/orders.page.tsx";',
  },
  {
    name: "a test helpers of another package",
    path: "packages/agent/src/a.test.ts",
    source: 'import "../../kit/test/postgres.ts";',
  },
  { name: "kit's database its library", path: "packages/kit/src/db/a.ts", source: 'import postgres from "postgres";' },
];

for (const { name, path, source } of allowed) {
  test(`${name}: allowed`, () => expect(check({ [path]: source })).toEqual([]));
}
