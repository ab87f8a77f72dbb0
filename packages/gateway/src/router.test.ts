import { expect, test } from "bun:test";
import { AppLeases } from "./leases.ts";
import { PublishedHash } from "./published-hash.ts";
import { Router } from "./router.ts";
import { TableKeeper } from "./table-keeper.ts";

const MIB = 1024 * 1024;
const now = () => 0;

function newRouter(): Router {
  const platformHosts = new Set(["platform.test"]);
  const keeper = new TableKeeper(new AppLeases(now), new PublishedHash(now), new PublishedHash(now), platformHosts);
  const compile = () => {
    throw new Error("There is no policy.");
  };
  return new Router({
    keeper,
    platformHosts,
    baseDomain: "test",
    health: () => null,
    compile,
    challengeAt: () => null,
  });
}

test("the meaning of a host is found once, and of what is no host it is said each time", () => {
  const router = newRouter();
  expect(router.meaningOf("Platform.test:80")).toMatchObject({ authority: "platform.test:80", isPlatform: true });
  expect(router.meaningOf("Platform.test:80")).toBe(router.meaningOf("Platform.test:80"));
  expect([router.meaningOf("a/b"), router.meaningOf("a/b")]).toEqual([null, null]);
});

test("long nonsense in Host headers, another one each time, is not remembered", () => {
  const router = newRouter();
  const nonsense = Buffer.alloc(30_000, "!");
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  for (let index = 0; index < 12_000; index++) {
    nonsense.writeUInt32LE(index, 0);
    router.meaningOf(nonsense.toString("latin1"));
  }
  Bun.gc(true);
  expect(process.memoryUsage.rss() - before).toBeLessThan(120 * MIB); // all of them are 343 MiB
  expect(router.meaningOf("platform.test")).not.toBeNull(); // it was alive until here
});
