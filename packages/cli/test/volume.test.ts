import { describe, expect, test } from "bun:test";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT } from "./stub-platform.ts";

const { platform, cli } = serviceCommands();
const ID = "0199f000-0000-7000-8000-000000000009";
const VOLUMES = `${SERVICE}/volumes`;
const KEPT = "/deployments/projects/shop/kept-volumes";

const volume = {
  id: ID,
  slug: "data",
  path: "/data",
  sizeMiB: 512,
  environment: "production",
  dataId: ID,
  placed: true,
  createdAt: AT,
};
const kept = {
  id: ID,
  slug: "data",
  path: "/data",
  sizeMiB: null,
  service: "api",
  environment: "staging",
  state: "kept",
  removedAt: AT,
  deleteAt: "2026-06-08T12:00:00.000Z",
  reason: null,
};
const changed = (more: object = {}) => Response.json({ ...volume, deployments: [], ...more }, { status: 201 });
const bodies = () => platform.seen.filter(({ route }) => !route.startsWith("GET")).map(({ body }) => body);

describe("homeport volume", () => {
  test("list shows what a service has in an environment", async () => {
    platform.on(`GET ${VOLUMES}`, { items: [volume, { ...volume, slug: "new", sizeMiB: null, placed: false }] });
    const { code, stdout } = await cli(["volume", "list", ...TARGET]);
    expect(code).toBe(0);
    expect(stdout).toContain("data    /data  512 MiB");
    expect(stdout).toContain("not deployed yet");
    const json = await cli(["volume", "list", ...TARGET, "--json"]);
    expect(JSON.parse(json.stdout)).toHaveLength(2);
  });

  test("create and update send what is named, and say when it holds", async () => {
    platform.on(`POST ${VOLUMES}`, () => changed());
    platform.on(`PATCH ${VOLUMES}/data`, () => changed());
    const made = await cli(["volume", "create", "data", ...TARGET, "--path", "/data", "--size", "512"]);
    expect(made.stdout).toBe(
      "Made data at /data.\nThe next deployment uses it; --apply deploys what it changes at once.\n",
    );
    for (const flags of [["--path", "/srv"], ["--size", "64"], ["--no-size"], ["--name", "files", "--apply"]]) {
      expect((await cli(["volume", "update", "data", ...TARGET, ...flags])).code).toBe(0);
    }
    expect(bodies()).toEqual([
      { slug: "data", path: "/data", sizeMiB: 512, apply: false },
      { path: "/srv", apply: false },
      { sizeMiB: 64, apply: false },
      { sizeMiB: null, apply: false },
      { slug: "files", apply: true },
    ]);
    const nothing = await cli(["volume", "update", "data", ...TARGET]);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("Say what to change")]);
    expect((await cli(["volume", "create", "data", ...TARGET, "--path", "/d", "--size", "much"])).code).toBe(2);
  });

  test("remove wants --yes where nobody can be asked, and says the name for them", async () => {
    platform.on(`DELETE ${VOLUMES}/data`, { removed: true, deployments: [] });
    const refused = await cli(["volume", "remove", "data", ...TARGET]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("api loses its volume data in all environments"),
    ]);
    expect(platform.seen).toEqual([]);
    const removed = await cli(["volume", "remove", "data", ...TARGET, "--yes"]);
    expect([removed.code, removed.stdout]).toEqual([0, expect.stringContaining("homeport volume kept --project shop")]);
    expect(bodies()).toEqual([{ confirm: "data", apply: false }]);
  });

  test("kept, restore and forget are about what removed volumes held", async () => {
    platform.on(`GET ${KEPT}`, { items: [kept], nextCursor: null });
    platform.on(`POST ${KEPT}/:id/restore`, volume);
    platform.on(`DELETE ${KEPT}/:id`, () => Response.json({ ...kept, state: "deleting" }, { status: 202 }));
    const listed = await cli(["volume", "kept", "--project", "shop"]);
    expect(listed.stdout).toContain(`${ID}  data    api in staging`);
    expect(listed.stdout).toContain("2026-06-08");
    const restored = await cli(["volume", "restore", ID, ...TARGET, "--environment", "staging", "--path", "/data"]);
    expect(restored.code).toBe(0);
    const gone = await cli(["volume", "forget", ID, "--project", "shop", "--yes"]);
    expect([gone.code, gone.stdout]).toEqual([0, "data is being deleted.\n"]);
    expect(bodies()).toEqual([{ service: "api", environment: "staging", path: "/data" }, { confirm: "data" }]);
    expect((await cli(["volume", "restore", "data", ...TARGET])).stderr).toContain("homeport volume kept");
  });

  test("each command explains itself with an example", async () => {
    for (const name of ["list", "create", "update", "remove", "kept", "restore", "forget"]) {
      const { code, stdout } = await cli(["volume", name, "--help"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`homeport volume ${name}`)]);
      expect(stdout).toContain("Example");
    }
  });
});
