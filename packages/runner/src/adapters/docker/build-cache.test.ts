import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { openBuildCache } from "./build-cache.ts";

const DAY_SECONDS = 24 * 60 * 60;
const dir = mkdtempSync(join(tmpdir(), "homeport-cache-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The part of an engine's API that the cache uses: what is old cannot be made with a real one. */
const startEngine = (images: { tag: string; ageDays: number }[]) => {
  const calls: string[] = [];
  const unix = join(dir, `${crypto.randomUUID().slice(0, 8)}.sock`);
  const server = Bun.serve({
    unix,
    fetch(request) {
      const url = new URL(request.url);
      calls.push(`${request.method} ${url.pathname}${decodeURIComponent(url.search)}`);
      if (url.pathname !== "/images/json") return Response.json({});
      const created = Date.now() / 1000;
      return Response.json(
        images.map(({ tag, ageDays }) => ({ RepoTags: [tag], Created: created - ageDays * DAY_SECONDS })),
      );
    },
  });
  return { docker: new Docker({ socketPath: unix }), calls, stop: () => server.stop(true) };
};

test("old stages of this runner are removed, young ones and others' are not", async () => {
  const { docker, calls, stop } = startEngine([
    { tag: "homeport-build-cache/my-runner:old", ageDays: 4 },
    { tag: "homeport-build-cache/my-runner:young", ageDays: 1 },
    { tag: "homeport-build-cache/my-runner-two:old", ageDays: 9 },
  ]);
  await openBuildCache(docker, "My.Runner").sweep();
  expect(calls).toEqual([
    'GET /images/json?filters={"reference":["homeport-build-cache/my-runner"]}',
    "DELETE /images/homeport-build-cache/my-runner:old",
    'POST /build/prune?filters={"until":["168h"]}',
  ]);
  await stop();
});

test("sweeping again within the hour does nothing, unless it is asked to", async () => {
  const { docker, calls, stop } = startEngine([]);
  const cache = openBuildCache(docker, "r");
  await cache.sweep();
  await cache.sweep();
  expect(calls).toHaveLength(2);
  await cache.sweep(true);
  expect(calls).toHaveLength(4);
  await stop();
});

test("a stage is named so that it can be found again", async () => {
  const { docker, calls, stop } = startEngine([]);
  await openBuildCache(docker, "r").keep(`sha256:${"a".repeat(64)}`);
  expect(calls).toEqual([
    `POST /images/sha256:${"a".repeat(64)}/tag?repo=homeport-build-cache/r&tag=${"a".repeat(32)}`,
  ]);
  await stop();
});
