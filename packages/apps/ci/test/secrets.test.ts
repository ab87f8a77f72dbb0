import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { passSeconds, untold } from "@homeport/kit/test/keyring.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type ClaimBody, FAILURE, leaseOf, resultFor, type Scene, startScene } from "./scene.ts";

setDefaultTimeout(60_000); // the first start migrates a database

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());
beforeEach(async () => {
  await scene.database.admin`truncate ci.jobs cascade`;
});

const CANARY = "canary-7Qx2mVb9";
const SECRETS = {
  git: { kind: "ssh", privateKey: `-----BEGIN ${CANARY}`, knownHosts: "forge.example ssh-ed25519 AAAA" },
  build: { NPM_TOKEN: `${CANARY}-npm`, EMPTY: "" },
};

const claimWithSecrets = (runnerId = "r1"): Promise<ClaimBody> => scene.claimNew(runnerId, { secrets: SECRETS });

const sealedCount = async (): Promise<number> => {
  const [{ count }] = await scene.database.admin<[{ count: number }]>`select count(*) from ci.job_secrets`;
  return count;
};

/** Every row of every table that the platform and the app have, as text. */
const dump = async (): Promise<string> => {
  const { admin } = scene.database;
  const tables = await admin<{ name: string }[]>`
    select schemaname || '.' || tablename as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await admin<{ text: string }[]>`select t::text as text from ${admin(name)} t`;
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join("\n");
};

test("secrets come out with a claim, whole, and nowhere else", async () => {
  const created = await scene.createJob("with-secrets", { secrets: SECRETS });
  const claimed = await waitFor(() => scene.claim("r1", { waitSeconds: 5 }));
  expect(claimed.secrets).toEqual(SECRETS);
  const answers = [created, claimed.job, await scene.getJob(created.id), await scene.events(created.id)];
  const again = await scene.createJob("with-secrets", { secrets: SECRETS });
  expect(JSON.stringify([...answers, again])).not.toContain("canary");
  const stored = await dump();
  expect(stored).toContain(created.id); // the search does see the job
  expect(stored).not.toContain("canary");
  expect(stored).not.toContain(Buffer.from(CANARY).toString("hex"));
});

test("a job without secrets is claimed with none", async () => {
  expect((await scene.claimNew()).secrets).toEqual({});
  expect(await sealedCount()).toBe(0);
});

const ends: { name: string; end: (claimed: ClaimBody) => Promise<unknown> }[] = [
  {
    name: "succeeds",
    end: (claimed) => scene.report("r1", "complete", { ...leaseOf(claimed), result: resultFor(claimed.job.spec) }),
  },
  { name: "fails", end: (claimed) => scene.report("r1", "fail", { ...leaseOf(claimed), reason: FAILURE }) },
  {
    name: "is cancelled while it runs",
    end: async (claimed) => {
      await scene.cancel(claimed.job);
      return scene.report("r1", "fail", { ...leaseOf(claimed), reason: FAILURE });
    },
  },
  {
    name: "is lost with its last runner",
    end: (claimed) => scene.database.admin`
      update ci.jobs set attempt = max_attempts, lease_until = now() - interval '1 s' where id = ${claimed.job.id}`,
  },
];
for (const { name, end } of ends) {
  test(`a job that ${name} leaves no secrets`, async () => {
    const claimed = await claimWithSecrets();
    expect(await sealedCount()).toBe(1);
    await end(claimed);
    await waitFor(async () => (await sealedCount()) === 0, { timeoutMs: 10_000 });
  });
}

test("a job that is cancelled before any runner had it leaves no secrets", async () => {
  const job = await scene.createJob(undefined, { secrets: SECRETS });
  expect(await sealedCount()).toBe(1);
  await scene.cancel(job);
  expect(await sealedCount()).toBe(0);
});

test("the next runner of a job that goes back into the queue gets the secrets again", async () => {
  const first = await claimWithSecrets();
  await scene.report("r1", "fail", { ...leaseOf(first), reason: FAILURE, retry: true });
  const second = await waitFor(() => scene.claim("r2", { waitSeconds: 5 }));
  expect(second.job).toMatchObject({ id: first.job.id, attempt: 2 });
  expect(second.secrets).toEqual(SECRETS);
});

test("secrets in the row of another job do not open: that job fails with the reason, and holds nobody up", async () => {
  const mine = await scene.createJob("mine", { secrets: { build: { A: `${CANARY}-mine` } }, priority: 10 });
  const theirs = await scene.createJob("theirs", { secrets: SECRETS });
  await scene.untilQueued(2);
  await scene.database.admin`
    update ci.job_secrets
    set secrets_sealed = (select secrets_sealed from ci.job_secrets where job_id = ${theirs.id})
    where job_id = ${mine.id}`;
  expect((await scene.claim("r1"))?.job.id).toBe(theirs.id);
  expect(await scene.getJob(mine.id)).toMatchObject({ state: "failed", reason: { code: "secrets_unreadable" } });
});

test("a new key of the platform seals waiting secrets anew, and they still open", async () => {
  await scene.createJob(undefined, { secrets: SECRETS });
  await scene.untilQueued(1);
  const { keyAdmin } = scene.platform;
  const { id } = await keyAdmin.rotate(untold);
  await passSeconds(scene.database.admin, id, 60);
  await waitFor(
    async () => {
      const [row] = await scene.database.admin<[{ sealed: Uint8Array }?]>`
        select secrets_sealed as sealed from ci.job_secrets`;
      return row !== undefined && scene.platform.keys.keyIdOf(row.sealed) === id;
    },
    { timeoutMs: 20_000 },
  );
  expect((await scene.claim("r1"))?.secrets).toEqual(SECRETS);
}, 40_000);

const refused: { name: string; secrets: unknown; says: RegExp }[] = [
  { name: "more than 50 values", secrets: { build: many(51) }, says: /at most 50 values/ },
  { name: "a value over 32 KiB", secrets: { build: { A: "x".repeat(32 * 1024 + 1) } }, says: /32768 bytes/ },
  { name: "too much altogether", secrets: { build: many(50, 16_000) }, says: /together/ },
  { name: "a name that is no variable", secrets: { build: { "A-B": "x" } }, says: /letters, digits/ },
  { name: "a name that the loader of programs reads", secrets: { build: { LD_PRELOAD: "/app/x.so" } }, says: /system/ },
  { name: "the search path", secrets: { build: { PATH: "/app" } }, says: /system/ },
  { name: "a NUL", secrets: { build: { A: "a\u0000b" } }, says: /NUL/ },
  { name: "a credential of no kind", secrets: { git: { kind: "password", password: CANARY } }, says: /kind/ },
  { name: "a token of two lines", secrets: { git: { kind: "token", token: `${CANARY}\nX: y` } }, says: /ASCII/ },
  { name: "a user name with a colon", secrets: { git: { kind: "token", username: "a:b", token: "x" } }, says: /colon/ },
  { name: "what is unknown", secrets: { more: CANARY }, says: /more/ },
];
for (const { name, secrets, says } of refused) {
  test(`${name} is refused, and the refusal does not repeat the value`, async () => {
    const body = { kind: "build", key: "k", organisationId: scene.home.id, spec: scene.spec(), secrets };
    const answer = await scene.json("POST", "/api/v1/ci/jobs", await scene.asApp("deployments"), body);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(says);
    expect(JSON.stringify(answer.body)).not.toContain(CANARY);
  });
}

function many(count: number, length = 1): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`S${n}`, "x".repeat(length)]));
}
