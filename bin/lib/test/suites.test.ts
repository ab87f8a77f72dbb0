import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSuites } from "./suites.ts";

let root = "";
const files = [
  "bin/lib/a.test.ts",
  "packages/agent/src/a.test.ts",
  "packages/agent/node_modules/x/a.test.ts",
  "packages/apps/auth/src/a.test.ts",
  "packages/apps/auth/test/b.test.tsx",
  "packages/kit/src/a.ts",
  "packages/kit/src/db/a.test.ts",
  "packages/standalone/src/a.test.ts",
  "packages/standalone/test/e2e/deploy.test.ts",
  "packages/standalone/test/e2e/docker-deploy.test.ts",
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-suites-"));
  for (const file of files) await Bun.write(join(root, file), "");
});
afterAll(() => rm(root, { recursive: true }));

const found = async (...paths: string[]) =>
  (await findSuites(root, paths)).map(({ name, lanes }) => `${name}: ${lanes.map((own) => own.join(" ")).join(" | ")}`);

test("every package is a suite, kit first, end-to-end tests last", async () => {
  expect(await found()).toEqual([
    "kit: packages/kit/src/db/a.test.ts",
    "agent: packages/agent/src/a.test.ts",
    "auth: packages/apps/auth/src/a.test.ts packages/apps/auth/test/b.test.tsx",
    "bin: bin/lib/a.test.ts",
    "standalone: packages/standalone/src/a.test.ts",
    "standalone e2e: packages/standalone/test/e2e/deploy.test.ts | packages/standalone/test/e2e/docker-deploy.test.ts",
  ]);
});

const narrowed: { path: string; finds: string[] }[] = [
  { path: "kit", finds: ["kit: packages/kit/src/db/a.test.ts"] },
  { path: "packages/kit/src/db/", finds: ["kit: packages/kit/src/db/a.test.ts"] },
  { path: "./packages/apps/auth/test/b.test.tsx", finds: ["auth: packages/apps/auth/test/b.test.tsx"] },
  { path: "kit/src/db", finds: ["kit: packages/kit/src/db/a.test.ts"] },
  {
    path: "packages/standalone/test/e2e",
    finds: [
      "standalone e2e: packages/standalone/test/e2e/deploy.test.ts | packages/standalone/test/e2e/docker-deploy.test.ts",
    ],
  },
];

for (const { path, finds } of narrowed) {
  test(`"${path}" narrows the run`, async () => expect(await found(path)).toEqual(finds));
}

test("a path without tests is refused", async () => {
  await expect(findSuites(root, ["kitt"])).rejects.toThrow('There are no tests in "kitt".');
});
