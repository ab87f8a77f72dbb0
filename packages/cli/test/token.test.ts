import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { AT, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
afterAll(() => platform.stop());
const cli = (args: string[]) => runCli(args, { env: { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" } });

test("tokens are listed with the names of the places that they are for", async () => {
  const [shop, live, other] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const scopes = [`log:read@project/${shop}/environment/${live}`, `*@project/${other}`];
  const times = { createdAt: AT, lastUsedAt: null, expiresAt: AT };
  platform.on("GET /auth/tokens", { items: [{ id: shop, name: "ci", hint: "hp_ab", scopes, ...times }] });
  platform.on("GET /deployments/projects", {
    items: [{ id: shop, slug: "shop", createdAt: AT }],
    nextCursor: null,
  });
  platform.on("GET /deployments/projects/shop/environments", {
    items: [{ id: live, slug: "live", protected: true, createdAt: AT }],
  });
  const { stdout, stderr } = await cli(["token", "list"]);
  expect([stdout, stderr]).toEqual([
    expect.stringContaining(`log:read@project/shop/environment/live *@project/${other}`),
    "",
  ]);
});
