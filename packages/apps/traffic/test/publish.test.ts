import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { createSignal } from "@homeport/kit/lease/signal.ts";
import { CHANGED_CHANNEL, POLICIES_KEY, POLICIES_META_FIELD } from "@homeport/kit/registry/keys.ts";
import { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { type TestDatabase, testDatabase } from "@homeport/kit/test/database.ts";
import { type TestValkey, testValkey } from "@homeport/kit/test/valkey.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { connectValkey } from "@homeport/kit/valkey.ts";
import { createPolicyPublisher } from "../src/adapters/policy-publisher.ts";
import { policySource } from "../src/service/policy-source.ts";
import { bumpRevision, readRevision, upsertPolicy } from "../src/store/policies.ts";
import { report, reportOf } from "./reports.ts";

let database: TestDatabase;
let sql: Sql;
let valkey: TestValkey;
beforeAll(async () => {
  database = await testDatabase([{ app: "traffic", dir: join(import.meta.dir, "../src/migrations") }]);
  sql = database.connect("traffic");
  valkey = await testValkey();
});
afterEach(() => valkey.flush());
afterAll(async () => {
  await database.drop();
  await valkey.close();
});

const save = (host: string) =>
  sql.begin(async (tx) => {
    const revision = await bumpRevision(tx);
    const updatedBy = { kind: "person" as const, id: Bun.randomUUIDv7(), name: "Ada" };
    await upsertPolicy(tx, { host, policy: { compress: true }, revision, updatedAt: new Date(), updatedBy });
    return revision;
  });
const published = async () => {
  const { [POLICIES_META_FIELD]: meta, ...policies } = await valkey.redis.hgetall(POLICIES_KEY);
  return { meta: meta === undefined ? null : JSON.parse(meta), policies };
};

test("without any policy, that there is none is published", async () => {
  await createPolicyPublisher(valkey.redis, policySource(sql)).publish();
  expect(await published()).toEqual({ meta: { revision: await readRevision(sql), count: 0 }, policies: {} });
});

/** Three repairs, each of which may take the three seconds between two looks. */
const REPAIRS_MS = 20_000;

test(
  "gateways are told of a change, and a Valkey that was wiped or damaged is whole again within three seconds",
  async () => {
    const stop = new AbortController();
    const changed = createSignal();
    const subscriber = connectValkey(valkey.url);
    const heard: unknown[] = [];
    await subscriber.subscribe(CHANGED_CHANNEL);
    subscriber.on("message", (_channel, message) => heard.push(JSON.parse(message)));
    const running = createPolicyPublisher(valkey.redis, policySource(sql)).run(changed, stop.signal);
    try {
      const revision = await save("shop.example");
      changed.raise();
      await waitFor(() => heard.some((change) => Bun.deepEquals(change, { kind: "policies", revision })));
      const { meta, policies } = await published();
      expect(meta).toEqual({ revision, count: Object.keys(policies).length });
      expect(HostPolicy.parse(JSON.parse(policies["shop.example"] ?? ""))).toEqual({
        schema: 1,
        host: "shop.example",
        policy: { compress: true },
      });
      for (const damage of [
        () => valkey.redis.flushall(),
        () => valkey.redis.hdel(POLICIES_KEY, "shop.example"),
        () => valkey.redis.hset(POLICIES_KEY, POLICIES_META_FIELD, "nonsense"),
      ]) {
        await damage();
        await waitFor(async () => Bun.deepEquals(await published(), { meta, policies }));
      }
    } finally {
      stop.abort();
      await running;
      subscriber.disconnect();
    }
  },
  REPAIRS_MS,
);

test("a database restored from before what gateways have goes past it, so that they take it", async () => {
  const ahead = (await readRevision(sql)) + 100;
  await report(valkey.redis, reportOf("g1", { policyRevision: ahead }), reportOf("g2"));
  const stop = new AbortController();
  const running = createPolicyPublisher(valkey.redis, policySource(sql)).run(createSignal(), stop.signal);
  await waitFor(async () => (await published()).meta?.revision === ahead + 1);
  stop.abort();
  await running;
});

test("a policy that this version cannot read keeps no other from gateways", async () => {
  await save("good.example");
  await database.admin`
    insert into traffic.policies (host, policy, revision, updated_at, updated_by)
    values ('later.example', '{"invention": true}', 1, now(), '{}')`;
  await createPolicyPublisher(valkey.redis, policySource(sql)).publish();
  expect(Object.keys((await published()).policies)).toEqual(expect.arrayContaining(["good.example", "later.example"]));
});
