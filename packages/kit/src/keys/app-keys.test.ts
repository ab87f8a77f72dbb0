import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { startTestApp, type TestApp } from "../../test/app.ts";
import { passSeconds, untold } from "../../test/keyring.ts";
import { waitFor } from "../../test/wait-for.ts";
import { defineApp } from "../app.ts";
import { route } from "../contract.ts";
import { connectApp } from "../db/connect.ts";
import { defineManifest } from "../manifest.ts";
import { runApps } from "../run.ts";
import { Secret } from "../secret.ts";
import type { SealedAt } from "./keyring.ts";

const MIGRATION =
  "create table notes.notes (id uuid primary key, organisation_id uuid not null, sealed bytea not null);";
const dir = mkdtempSync(join(tmpdir(), "hp-notes-"));
writeFileSync(join(dir, "0001_notes.sql"), MIGRATION);

const noteAt = (id: string, organisationId: string): SealedAt => ({
  table: "notes.notes",
  row: id,
  field: "sealed",
  organisationId,
});

/** Keeps notes that are sealed at rest, and its answers to requests that come with a key. */
const app = defineApp({
  manifest: defineManifest({
    id: "notes",
    name: "Notes",
    description: "Notes of a test.",
    icon: "box",
    routes: [],
    actions: { "note:write": { roles: ["owner"] } },
  }),
  contract: {
    create: route({
      method: "POST",
      path: "/notes",
      action: "note:write",
      resource: "organisation",
      summary: "Keep a note",
      input: z.strictObject({ text: z.string().max(100) }),
      output: z.object({ id: z.uuid() }),
      status: 201,
    }),
  },
  migrations: dir,
  sealed: [
    {
      table: "notes.notes",
      field: "sealed",
      key: ["id"],
      also: ["organisation_id"],
      at: (row) => noteAt(String(row.id), String(row.organisation_id)),
    },
  ],
  start: ({ sql, keys }) => ({
    handlers: {
      create: async ({ scope }, { text }) => {
        const id = Bun.randomUUIDv7();
        const { organisationId } = scope!;
        const sealed = keys.seal(noteAt(id, organisationId), text);
        await sql`insert into notes.notes (id, organisation_id, sealed) values (${id}, ${organisationId}, ${sealed})`;
        return { id };
      },
    },
  }),
});

let notes: TestApp;
beforeAll(async () => {
  notes = await startTestApp(app);
}, 60_000);
afterAll(async () => {
  await notes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const create = (text: string, key: string) =>
  notes.json("POST", "/api/v1/notes/notes", { ...notes.home.headers("owner"), "idempotency-key": key }, { text });

test("an app's columns and its kept answers are sealed anew after a rotation, and both still open", async () => {
  const { keys, keyAdmin, admin } = notes.platform;
  const first = await create("mine", "key-1");
  expect(first.status).toBe(201);
  await waitFor(async () => (await keyAdmin.list())[0]?.remaining !== null);
  const { id } = await keyAdmin.rotate(untold);
  await passSeconds(admin, id, 31);
  await waitFor(async () => (await keyAdmin.list()).find((key) => key.id === 1)?.remaining === 0);
  await keyAdmin.remove(1, untold);
  await waitFor(() => keys.keys().length === 1);
  const [note] = await admin<{ sealed: Uint8Array }[]>`select sealed from notes.notes where id = ${first.body.id}`;
  expect(keys.keyIdOf(note!.sealed)).toBe(id);
  expect(keys.open(noteAt(first.body.id, notes.home.id), note!.sealed).reveal()).toBe("mine");
  const again = await create("mine", "key-1");
  expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([first.body, "true"]);
}, 20_000);

test("a start with another APP_SECRET is refused before it has changed anything, the roles' passwords too", async () => {
  const { config } = notes.platform;
  const wrong = { ...config, appSecret: new Secret("another secret of at least thirty-two characters") };
  await expect(runApps(wrong, [app])).rejects.toThrow("Nothing was changed");
  const anew = connectApp({ url: config.databaseUrl, app: "notes", secret: config.appSecret, max: 1 });
  expect(await anew`select 1 as one`).toHaveLength(1);
  await anew.end();
});
