import { afterAll, beforeEach, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CLI = join(import.meta.dir, "cli.ts");
const KIT = join(import.meta.dir, "../..");

const roots: string[] = [];
let root = "";

/** A repository with one app that breaks no rule; its modules load the real kit. */
const house: Record<string, string> = {
  "packages/kit/package.json": '{ "name": "@homeport/kit", "exports": { "./*": "./src/*" } }',
  "packages/kit/src/contract.ts": "",
  "packages/kit/src/env.ts": "",
  "packages/kit/src/manifest.ts": "",
  "packages/apps/shop/package.json": '{ "name": "@homeport/shop" }',
  "packages/apps/shop/README.md": "# Shop",
  "packages/apps/shop/src/migrations/schema.sql": "",
  "packages/apps/shop/src/migrations/0001_init.sql": "",
  "packages/apps/shop/src/contract.ts": `
    import { route } from "@homeport/kit/contract.ts";
    import { z } from "zod";
    const Order = z.object({ id: z.string().max(40) });
    const common = { input: Order, output: Order, resource: "order", summary: "An order" };
    export const contract = {
      orders: { read: route({ ...common, method: "GET", path: "/orders/{id}", action: "order:read" }) },
    };`,
  "packages/apps/shop/src/manifest.ts": `
    import { defineManifest } from "@homeport/kit/manifest.ts";
    export const manifest = defineManifest({
      id: "shop", name: "Shop", description: "Sells things.", icon: "store", routes: ["/shop"],
      actions: { "order:read": { public: true } },
      settings: [{
        key: "closing-hour", group: "Hours", label: "Closing hour", description: "When no orders are taken any more.",
        env: "HOMEPORT_SHOP_CLOSES", type: "integer", default: 18, min: 0, max: 23, unit: "o'clock",
      }],
    });`,
  "packages/apps/shop/src/config.ts": `
    import { defineEnv } from "@homeport/kit/env.ts";
    import { z } from "zod";
    export const readEnv = defineEnv("shop", {
      HOMEPORT_SHOP_LIMIT: { schema: z.coerce.number().default(3), description: "Orders at once." },
    });`,
  "references/actions.md": "# Actions\n\n<!-- actions:begin -->\n<!-- actions:end -->\n",
  "references/settings.md": "# Settings\n\n<!-- settings:begin -->\n<!-- settings:end -->\n",
  "references/architecture.md": "# Architecture\n\n<!-- apps:begin -->\n<!-- apps:end -->\n",
};

const write = async (files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) await Bun.write(join(root, path), text);
};

const runChecks = async (...args: string[]) => {
  const child = Bun.spawn([process.execPath, CLI, root, ...args], { stdout: "pipe", stderr: "inherit" });
  const output = await new Response(child.stdout).text();
  return { exitCode: await child.exited, output };
};

const replaced = (path: string, from: string, to: string) => {
  const text = house[path] ?? "";
  expect(text).toContain(from);
  return write({ [path]: text.replace(from, to) });
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-checks-"));
  roots.push(root);
  await write(house);
  await mkdir(join(root, "node_modules/@homeport"), { recursive: true });
  await symlink(KIT, join(root, "node_modules/@homeport/kit"));
  await symlink(join(KIT, "node_modules/zod"), join(root, "node_modules/zod"));
  expect(await runChecks("--write")).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  for (const dir of roots) await rm(dir, { recursive: true, force: true });
});

test("a tree that breaks no rule passes, and its generated files come from the code", async () => {
  expect(await runChecks()).toMatchObject({ exitCode: 0, output: expect.stringContaining("0 violations") });
  const reference = await Bun.file(join(root, "references/env-reference.md")).text();
  expect(reference).toContain("| `HOMEPORT_SHOP_LIMIT` | `3` |  | Orders at once. |");
  expect(reference).toContain(
    "| `HOMEPORT_SHOP_CLOSES` | `18` |  | When no orders are taken any more. First value of the setting `shop.closing-hour`. |",
  );
  const settings = await Bun.file(join(root, "references/settings.md")).text();
  expect(settings).toContain(
    "### Shop\n\n| setting | value | default | first value from | meaning |\n| --- | --- | --- | --- | --- |\n" +
      "| `shop.closing-hour` | 0 to 23 o'clock | `18` | `HOMEPORT_SHOP_CLOSES` | When no orders are taken any more. |",
  );
  const actions = await Bun.file(join(root, "references/actions.md")).text();
  expect(actions).toContain(
    "## Shop\n\n| action | who | besides |\n| --- | --- | --- |\n| `order:read` | everybody |  |",
  );
  const list = await Bun.file(join(root, "packages/standalone/src/apps.generated.ts")).text();
  expect(list).toContain('shop: () => import("../../apps/shop/src/index.ts")');
  const architecture = await Bun.file(join(root, "references/architecture.md")).text();
  expect(architecture).toContain(
    "| [shop](../packages/apps/shop/README.md) | Sells things. | `/api/v1/shop` `/shop` |",
  );
});

const contract = "packages/apps/shop/src/contract.ts";
const manifest = "packages/apps/shop/src/manifest.ts";
const config = "packages/apps/shop/src/config.ts";

const seeded: { name: string; seed: () => Promise<unknown>; says: RegExp }[] = [
  {
    name: "a broken boundary",
    seed: () =>
      write({
        "packages/apps/shop/src/order.ts": '\nimport "./service/a.ts";',
        "packages/apps/shop/src/service/a.ts": "",
      }),
    says: /^packages\/apps\/shop\/src\/order\.ts:2 {2}boundaries {2}/m,
  },
  {
    name: "an import cycle",
    seed: () => write({ "packages/kit/src/a.ts": 'import "./b.ts";', "packages/kit/src/b.ts": 'import "./a.ts";' }),
    says: /^packages\/kit\/src\/a\.ts:1 {2}import-cycles {2}/m,
  },
  {
    name: "a route without action",
    seed: () => replaced(contract, 'action: "order:read"', 'action: ""'),
    says: /contract\.ts:7 {2}contract-actions {2}GET \/orders\/\{id\} \(orders\.read\) has no action\./,
  },
  {
    name: "a route without resource",
    seed: () => replaced(contract, 'resource: "order"', 'resource: ""'),
    says: /contract-actions {2}GET \/orders\/\{id\} \(orders\.read\) has no resource\./,
  },
  {
    name: "an action that the manifest does not declare",
    seed: () => replaced(manifest, '"order:read": { public: true }', ""),
    says: /contract-actions {2}.* performs "order:read", which nobody may do\./,
  },
  {
    name: "a contract that is not exported",
    seed: () => replaced(contract, "export const contract", "export const schemas = { Order };\nconst contract"),
    says: /contract-actions {2}exports no contract\./,
  },
  {
    name: "an action for others than before",
    seed: () => replaced(manifest, "{ public: true }", '{ roles: ["owner"], dangerous: true }'),
    says: /^references\/actions\.md:\d+ {2}action-reference {2}differs from the code\./m,
  },
  {
    name: "a new environment variable",
    seed: () => replaced(config, "HOMEPORT_SHOP_LIMIT", "HOMEPORT_SHOP_MAXIMUM"),
    says: /^references\/env-reference\.md:\d+ {2}env-reference {2}differs from the code\./m,
  },
  {
    name: "a changed default",
    seed: () => replaced(config, "default(3)", "default(4)"),
    says: /^references\/env-reference\.md:\d+ {2}env-reference {2}differs from the code\./m,
  },
  {
    name: "an environment variable under a foreign name",
    seed: () => replaced(config, "HOMEPORT_SHOP_LIMIT", "SHOP_LIMIT"),
    says: /^packages\/apps\/shop\/src\/config\.ts:5 {2}env-reference {2}SHOP_LIMIT is no name of ours\./m,
  },
  {
    name: "an environment variable without a description",
    seed: () => replaced(config, "Orders at once.", ""),
    says: /env-reference {2}HOMEPORT_SHOP_LIMIT has no description\./,
  },
  {
    name: "a manifest under another id",
    seed: () => replaced(manifest, 'id: "shop"', 'id: "store"'),
    says: /^packages\/apps\/shop\/src\/manifest\.ts:4 {2}manifest-drift {2}/m,
  },
  {
    name: "an app without a manifest",
    seed: () => rm(join(root, manifest)),
    says: /^packages\/apps\/shop\/src\/manifest\.ts:1 {2}manifest-drift {2}declares no manifest\./m,
  },
  {
    name: "an app without a README",
    seed: () => rm(join(root, "packages/apps/shop/README.md")),
    says: /^packages\/apps\/shop\/README\.md:1 {2}manifest-drift {2}is missing\./m,
  },
  {
    name: "migrations without a schema",
    seed: () => rm(join(root, "packages/apps/shop/src/migrations/schema.sql")),
    says: /^packages\/apps\/shop\/src\/migrations\/schema\.sql:1 {2}manifest-drift {2}is missing\./m,
  },
  {
    name: "an app that no list names",
    seed: () => write({ "packages/apps/bank/package.json": '{ "name": "@homeport/bank" }' }),
    says: /^packages\/standalone\/src\/apps\.generated\.ts:\d+ {2}manifest-drift {2}differs from the code\./m,
  },
  {
    name: "a stale table of apps",
    seed: () => replaced(manifest, "Sells things.", "Buys things."),
    says: /^references\/architecture\.md:\d+ {2}manifest-drift {2}differs from the code\./m,
  },
  {
    name: "a page without a place for the table of apps",
    seed: () => write({ "references/architecture.md": "# Architecture" }),
    says: /^references\/architecture\.md:1 {2}manifest-drift {2}has no place for the generated "apps"\./m,
  },
  {
    name: "a changed setting",
    seed: () => replaced(manifest, "default: 18", "default: 17"),
    says: /^references\/settings\.md:\d+ {2}settings-reference {2}differs from the code\./m,
  },
  {
    name: "a forbidden call",
    seed: () => write({ "packages/apps/shop/src/service/a.ts": "\n\neval(a);" }),
    says: /^packages\/apps\/shop\/src\/service\/a\.ts:3 {2}no-eval {2}/m,
  },
];

for (const { name, seed, says } of seeded) {
  test(`${name} fails the checks, with its place, its rule and what to do`, async () => {
    await seed();
    const { exitCode, output } = await runChecks();
    expect(output).toMatch(says);
    expect(exitCode).toBe(1);
  });
}

test("what was generated is brought up to date by --write", async () => {
  await replaced(config, "default(3)", "default(4)");
  expect(await runChecks("--write")).toMatchObject({ exitCode: 0 });
});
