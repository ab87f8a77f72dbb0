import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { constantLoad } from "./load.ts";
import { type Engine, fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { writeFiles } from "./repositories.ts";
import { socketLoad } from "./socket-load.ts";
import { steadyServer } from "./steady-server.ts";

const MINUTE = 60_000;
const DEPLOYS = 20;
const PER_SECOND = 200;
const SOCKETS = 20;

/** What peers are left for: a 502 at every deploy. */
export const steadySuite = (engine: Engine, prepare: () => Promise<Record<string, string>>): void => {
  describe(`on the ${engine} engine, under ${PER_SECOND} requests a second and with ${SOCKETS} WebSockets`, () => {
    let platform: TestPlatform;
    const dir = mkdtempSync(join(tmpdir(), "hp-steady-"));
    const services = ["api", "web", "worker"];

    beforeAll(async () => {
      platform = await startPlatform(engine, await prepare());
      writeFiles(dir, steadyServer());
      await platform.client.deployments.projects.create({ slug: "shop" });
      for (const slug of ["single", ...services]) {
        const settings = { graceSeconds: 2 };
        const source = { kind: "upload" as const };
        await platform.client.deployments.services.create({ project: "shop", slug, source, settings });
        await platform.cliJson(["deploy", dir, "--project", "shop", "--service", slug, "--wait"]);
      }
      await set("single", "SAYS=0");
      await set("api", "SAYS=0");
      for (const each of ["web", "worker"]) await set(each, "SAYS=${{api.SAYS}}");
    }, 6 * MINUTE);

    afterAll(async () => {
      await platform?.stop();
      rmSync(dir, { recursive: true, force: true });
    }, 2 * MINUTE);

    const set = async (service: string, assignment: string): Promise<void> => {
      const target = ["--project", "shop", "--service", service];
      const result = await platform.cliJson(["env", "set", ...target, assignment, "--apply", "--wait"]);
      expect(result.state).toBe("live");
    };
    const urlOf = async (service: string) =>
      (await platform.client.deployments.services.get({ project: "shop", service })).url;
    const deployOften = async (changed: string, followers: string[]) => {
      const urls = await Promise.all(followers.map(urlOf));
      const stopping = new AbortController();
      const loads = urls.map((url) => constantLoad(platform, url, PER_SECOND / urls.length, stopping.signal));
      const sockets = urls.map((url) => socketLoad(platform, url, Math.ceil(SOCKETS / urls.length), stopping.signal));
      const said = (url: string) => fetchHost(platform, url).then((response) => response.text());
      for (let i = 1; i <= DEPLOYS; i += 1) {
        await set(changed, `SAYS=${i}`);
        await waitFor(async () => (await Promise.all(urls.map(said))).every((text) => text === String(i)), {
          timeoutMs: MINUTE,
          message: `all say ${i}`,
        });
      }
      stopping.abort();
      const answers = await Promise.all(loads.map(({ ended }) => ended));
      const talks = await Promise.all(sockets.map(({ ended }) => ended));
      expect(answers.flatMap(({ failed }) => failed)).toEqual([]);
      expect(talks.flatMap(({ failed }) => failed)).toEqual([]);
      for (const { sent } of answers) expect(sent).toBeGreaterThan(500);
      for (const talk of sockets) expect(talk.echoes()).toBeGreaterThan(100);
      return talks.reduce((sum, { reopened }) => sum + reopened, 0);
    };

    test(
      `${DEPLOYS} deploys of one service fail no request and cut no socket`,
      async () => {
        // The last few releases may still drain, and a socket that was opened anew outlives some of the next.
        expect(await deployOften("single", ["single"])).toBeGreaterThan(SOCKETS);
      },
      6 * MINUTE,
    );

    test(
      `${DEPLOYS} deploys of three services that refer to each other fail no request and cut no socket`,
      async () => {
        const before = await releasesOf("web");
        await deployOften("api", services);
        expect((await releasesOf("web")) - before).toBe(DEPLOYS); // each change deploys whom it concerns, once
      },
      8 * MINUTE,
    );

    const releasesOf = async (service: string): Promise<number> => {
      const { items } = await platform.client.deployments.releases.list({ project: "shop", service, limit: 1 });
      return items[0]?.number ?? 0;
    };

    test(
      "what the gateways counted of each deploy is kept with it, and is none",
      async () => {
        const measured = () =>
          platform.client.deployments.deployments.list({ project: "shop", service: "single", limit: DEPLOYS });
        const { items } = await waitFor(
          async () => {
            const found = await measured();
            return found.items.every(({ failedRequests }) => failedRequests !== null) ? found : null;
          },
          { timeoutMs: MINUTE, message: "all were measured" },
        );
        expect(items.map(({ failedRequests }) => failedRequests)).toEqual(items.map(() => 0));
        expect(items.reduce((sum, { requests }) => sum + (requests ?? 0), 0)).toBeGreaterThan(500);
      },
      2 * MINUTE,
    );
  });
};
