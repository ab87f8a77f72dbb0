import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { smallServer, writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
const TARGET = { project: "shop", service: "api" };
const FLAGS = ["--project", "shop", "--service", "api"];
const KEPT = 5;
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-fifty-"));

beforeAll(async () => {
  platform = await startPlatform("process", {});
  writeFiles(dir, smallServer("one"));
}, 5 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

/** One more release, of what is live and a variable that names it. */
const release = async (number: number): Promise<void> => {
  const { variables, deployments } = platform.client.deployments;
  await variables.set({ ...TARGET, values: { RELEASE: `number ${number}` } });
  const { id } = await deployments.create({ ...TARGET, what: "configuration" });
  await waitFor(async () => (await deployments.get({ ...TARGET, deployment: id })).finishedAt !== null, {
    timeoutMs: MINUTE,
    message: `release ${number} is over`,
  });
};

const releases = async () => (await platform.client.deployments.releases.list({ ...TARGET, limit: 100 })).items;

/** What the service answers from outside, with its variables but for the port that each replica gets anew. */
const answer = async (url: string) => {
  const [text, env] = await Promise.all(["/", "/env"].map((path) => fetch(`${url}${path}`).then((r) => r.text())));
  const { PORT: _port, ...variables } = JSON.parse(env ?? "") as Record<string, string>;
  return { text, variables };
};

test(
  "fifty releases, what is old collected and the node cleaned up: the first, kept by hand, is back as it was",
  async () => {
    await platform.cliJson(["settings", "set", `deployments.releases-kept=${KEPT}`, "deployments.release-keep-days=0"]);
    const { url } = await platform.cliJson(["deploy", dir, ...FLAGS, "--wait"]);
    await release(2); // the first one with a variable is the one to go back to
    await platform.cliJson(["release", "keep", "2", ...FLAGS]);
    const before = (await releases()).find(({ number }) => number === 2);
    const first = await answer(url);
    expect(first).toMatchObject({ text: "one", variables: { RELEASE: "number 2" } });
    for (let number = 3; number <= 51; number += 1) await release(number);
    expect((await answer(url)).variables.RELEASE).toBe("number 51");

    // Live are 51 and, before it, 50; of those before as many as are kept.
    const isOld = (number: number) => number !== 2 && number < 50 - KEPT;
    await waitFor(
      async () => (await releases()).every(({ number, collectedAt }) => isOld(number) === (collectedAt !== null)),
      { timeoutMs: MINUTE, message: "the old releases are collected" },
    );
    const [node] = (await platform.client.clusters.nodes.list({})).items;
    const cleanup = await platform.client.clusters.nodes.cleanup({ nodeId: node?.nodeId ?? "" });
    expect(cleanup.state).toBe("succeeded");
    const gone = await platform.cli(["rollback", ...FLAGS, "--to", "3", "--wait"]);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("Release 3 is not kept any more")]);

    const back = await platform.cliJson(["rollback", ...FLAGS, "--to", "2", "--wait"]);
    expect(back).toMatchObject({ state: "live", release: 2, digest: before?.digest, url });
    expect(await answer(url)).toEqual(first);
    for (const each of before?.urls ?? []) expect(await answer(each)).toEqual(first);
    const { state, collectedAt: _at, ...after } = (await releases()).find(({ number }) => number === 2) ?? {};
    expect(state).toBe("live");
    expect(before).toMatchObject(after);
  },
  8 * MINUTE,
);
