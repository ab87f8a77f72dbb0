/**
 * A program of its own, run with every line of its log on: secrets of a known value are set, deployed and told, requests
 * with them fail in many ways, and another app is away. Prints on stderr what anybody could see but those who may.
 */
import { invariant } from "@homeport/kit/errors.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { secretWorld } from "./secret-world.ts";
import { startWorld } from "./world.ts";

const canary = process.argv[2];
invariant(canary !== undefined, "the value is given");

const world = await startWorld();
const secrets = secretWorld(world);
const seen: unknown[] = [];
const note = async (work: Promise<unknown>): Promise<void> => void seen.push(await work);

const { path, project, workloadId } = await secrets.newService();
const group = await secrets.newGroup(project, "db", { KEY: canary });
await secrets.newGroup(project, "tls", { "server.key": canary });
await note(secrets.attach(path, "db"));
await note(secrets.attach(path, "tls", { as: "files" }));
await note(world.put(`${path}/variables`, { values: { OWN: canary } }));

for (const values of [
  { KEY: `${canary}\0` },
  { KEY: canary.repeat(2000) },
  { "no/name": canary },
  { KEY: [canary] },
  canary,
] as never[]) {
  await note(world.put(`${group}/items`, { values }));
  await note(world.post(`/projects/${project}/secret-groups`, { slug: "db", values }));
  await note(world.put(`${path}/variables`, { values }));
}
await note(world.post(`/projects/${project}/secret-groups`, { slug: "db", values: { KEY: canary } })); // taken

world.away.add("clusters");
const { id } = await world.deploy(path);
await world.untilState(path, id, "rolling_out");
await waitFor(() => world.seen.filter((call) => call.startsWith("clusters PUT")).length > 1, { timeoutMs: 15_000 });
world.away.delete("clusters");
await secrets.goLive(path, workloadId, id);
invariant(secrets.given(workloadId).env.KEY === canary, "the workload gets the value");

await note(world.put(`${group}/items`, { values: { KEY: `${canary}-2` }, apply: true }));
const told = await world.post(`${group}/reveal`, {}, world.home.headers("owner", ["*", "secret:reveal"]));
invariant(told.body.values.KEY === `${canary}-2`, "who may is told the value");

for (const at of ["", "/variables", "/secret-groups", "/deployments", "/releases"]) await note(world.get(path + at));
for (const at of [group, `/projects/${project}/secret-groups`]) await note(world.get(at));
const pages = `/projects/${project}`;
for (const at of ["", "/secrets", "/secrets/db", "/secrets/tls", "/api", "/api/variables", "/api/releases"]) {
  await note(world.page(pages + at));
}
await note(
  world.submit(`${pages}/secrets/db/items`, { name: "no/name", value: canary }).then((answer) => answer.text()),
);

const { admin } = world.database;
await note(admin`select events::text as row from platform.events`);
await note(admin`select content from platform.audit_entries`);
await note(admin`select deployments::text as row from deployments.deployments`);
await note(
  admin`select releases::text as row, encode(env_sealed, 'escape'), encode(files_sealed, 'escape') from deployments.releases`,
);
await note(admin`select secret_items::text as row, encode(value_sealed, 'escape') from deployments.secret_items`);
await note(admin`select variables::text as row, encode(value_sealed, 'escape') from deployments.variables`);
await note(admin`select idempotency_keys::text as row from platform.idempotency_keys`);
seen.push(world.seen);

process.stderr.write(seen.map((each) => JSON.stringify(each)).join("\n"));
await world.stop();
process.exit(0);
