import { afterAll, beforeAll, expect, test } from "bun:test";
import { changeWorld } from "./change-world.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let drafts: ReturnType<typeof changeWorld>;
beforeAll(async () => {
  world = await startWorld();
  drafts = changeWorld(world);
}, 60_000);
afterAll(() => world?.stop());

const wrong: { name: string; changes: object[]; status: number; says: RegExp }[] = [
  {
    name: "a service that is not there",
    changes: [{ op: "service.remove", service: "x" }],
    status: 404,
    says: /no service "x"/,
  },
  {
    name: "a temporary id that nothing makes",
    changes: [{ op: "service.remove", service: "tmp_x" }],
    status: 404,
    says: /no service "tmp_x"/,
  },
  {
    name: "a name that is taken by an earlier change",
    changes: [
      { op: "group.create", tempId: "tmp_a", slug: "core" },
      { op: "group.create", tempId: "tmp_b", slug: "core" },
    ],
    status: 409,
    says: /already a group named "core"/,
  },
  {
    name: "a temporary id that is taken",
    changes: [
      { op: "group.create", tempId: "tmp_a", slug: "one" },
      { op: "group.create", tempId: "tmp_a", slug: "two" },
    ],
    status: 409,
    says: /tmp_a is taken/,
  },
  {
    name: "production to go",
    changes: [{ op: "environment.remove", environment: "production" }],
    status: 409,
    says: /cannot be removed/,
  },
  {
    name: "production to be renamed",
    changes: [{ op: "environment.update", environment: "production", slug: "live" }],
    status: 409,
    says: /keeps its name/,
  },
  {
    name: "a variable to go that is not there",
    changes: [{ op: "variable.unset", scope: { kind: "project" }, name: "A" }],
    status: 404,
    says: /no variable A of the project/,
  },
  {
    name: "a reserved word as a name",
    changes: [{ op: "group.create", tempId: "tmp_a", slug: "secret" }],
    status: 400,
    says: /reserved/,
  },
  {
    name: "101 references in one value",
    changes: [{ op: "variable.set", scope: { kind: "project" }, name: "A", value: "${{A}}".repeat(101) }],
    status: 400,
    says: /at most 100/,
  },
];
for (const { name, changes, status, says } of wrong) {
  test(`${name} is refused, and nothing of the request is staged`, async () => {
    const { at } = await drafts.newProject("api");
    const fine = drafts.setIn("api", "FINE", "1");
    const refused = await drafts.stage(at, [fine, ...changes]);
    expect([refused.status, refused.body.detail]).toEqual([status, expect.stringMatching(says)]);
    expect((await world.get(`${at}/changes`)).body).toMatchObject({ version: 0, changes: [] });
  });
}
