import { afterAll, beforeAll, expect, test } from "bun:test";
import { emit } from "@homeport/kit/events/emit.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type OrganisationWorld, startOrganisationWorld } from "./organisation-world.ts";

let world: OrganisationWorld;
beforeAll(async () => {
  world = await startOrganisationWorld();
}, 60_000);
afterAll(() => world?.stop());

type Told = { id: string; slug?: string; environments?: { id: string; slug: string }[]; organisationId?: string };

/** Tells of a project as the deployments app does, and waits until a later one is known: then this one was heard. */
const tell = async (verb: "created" | "removed", { id, slug = "x", environments, organisationId }: Told) => {
  const send = (type: string, projectId: string, data: Record<string, unknown>, organisation: string) =>
    emit(world.database.admin, {
      type,
      source: "deployments",
      organisationId: organisation,
      projectId,
      subject: projectId,
      data,
    });
  const there = organisationId ?? world.ada.organisationId;
  await send(`deployments.project.${verb}`, id, { projectId: id, slug, environments }, there);
  const last = Bun.randomUUIDv7();
  await send("deployments.project.created", last, { slug: "last" }, world.ada.organisationId);
  await waitFor(async () => (await world.call("GET", `/projects/${last}/grants`, world.ada.headers)).status === 200);
};

const statusOf = async (project: string) =>
  (await world.call("GET", `/projects/${project}/grants`, world.ada.headers)).status;

test("a project that the deployments app tells of is known by slug and id, with its environments, until it is removed", async () => {
  const id = Bun.randomUUIDv7();
  const environments = [
    { id: Bun.randomUUIDv7(), slug: "production" },
    { id: Bun.randomUUIDv7(), slug: "staging" },
  ];
  await tell("created", { id, slug: "told", environments });
  expect([await statusOf("told"), await statusOf(id)]).toEqual([200, 200]);
  const give = () =>
    world.call("PUT", "/projects/told/grants", world.ada.headers, {
      who: { person: world.ada.id },
      role: "viewer",
      environment: "staging",
    });
  expect((await give()).status).toBe(200);
  await tell("created", { id, slug: "told", environments }); // told twice
  expect((await world.call("GET", "/projects/told/grants", world.ada.headers)).body.items).toHaveLength(1);
  await tell("removed", { id });
  expect([await statusOf("told"), await statusOf(id)]).toEqual([404, 404]);
  await tell("removed", { id });
});

test("a slug belongs to the project that had it last, and a project of no organisation is passed over", async () => {
  const [first, second] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  await tell("created", { id: first, slug: "reused" });
  await tell("created", { id: second, slug: "reused" });
  expect([await statusOf(first), await statusOf(second)]).toEqual([404, 200]);
  await tell("created", { id: Bun.randomUUIDv7(), slug: "lost", organisationId: Bun.randomUUIDv7() });
  expect(await statusOf("lost")).toBe(404);
});
