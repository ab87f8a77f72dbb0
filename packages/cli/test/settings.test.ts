import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";
import { startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
afterAll(async () => {
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
});

const setting = (name: string, type: string, value: unknown) => ({
  name,
  declaration: { key: name.split(".")[1], group: "G", label: "A label", description: "What it does.", type },
  source: "default",
  value,
  isSet: false,
  changedAt: null,
  changedBy: null,
});
const SETTINGS = [
  setting("shop.days", "integer", 14),
  setting("shop.open", "boolean", true),
  setting("shop.greeting", "text", "Hello"),
  setting("shop.networks", "lines", ["10.0.0.0/8", "::1"]),
  setting("shop.password", "secret", null),
];

beforeEach(() => {
  platform.reset();
  platform.on("GET /settings/values", { items: [{ app: "shop", name: "Shop", state: "running", settings: SETTINGS }] });
  platform.on("PUT /settings/values", { changed: ["shop.days"] });
});

const cli = (args: string[], stdin?: string) =>
  runCli(["settings", ...args], { env, cwd: dir, ...(stdin === undefined ? {} : { stdin }) });
const sent = () =>
  (platform.seen.find(({ route }) => route === "PUT /settings/values")?.body as { values: unknown })?.values;

const rows: { name: string; pairs: string[]; stdin?: string; values: Record<string, unknown> }[] = [
  { name: "a number", pairs: ["shop.days=30"], values: { "shop.days": 30 } },
  { name: "what is no number, for the platform to refuse", pairs: ["shop.days=x"], values: { "shop.days": "x" } },
  { name: "off", pairs: ["shop.open=false"], values: { "shop.open": false } },
  { name: "text with =", pairs: ["shop.greeting=a=b c"], values: { "shop.greeting": "a=b c" } },
  { name: "nothing", pairs: ["shop.greeting="], values: { "shop.greeting": "" } },
  { name: "a list of one", pairs: ["shop.networks=::1"], values: { "shop.networks": ["::1"] } },
  { name: "an empty list", pairs: ["shop.networks="], values: { "shop.networks": [] } },
  {
    name: "a list by its KEY several times",
    pairs: ["shop.networks=::1", "shop.days=1", "shop.networks=::2"],
    values: { "shop.networks": ["::1", "::2"], "shop.days": 1 },
  },
  {
    name: "a list from standard input",
    pairs: ["shop.networks=-"],
    stdin: "::1\n::2\n",
    values: { "shop.networks": ["::1", "::2"] },
  },
  {
    name: "a secret from standard input",
    pairs: ["shop.password=-"],
    stdin: "p w\n",
    values: { "shop.password": "p w" },
  },
  { name: "a secret of lines from a file", pairs: ["shop.password=@key"], values: { "shop.password": "a\nb" } },
];
for (const { name, pairs, stdin, values } of rows) {
  test(`set takes ${name}`, async () => {
    writeFileSync(join(dir, "key"), "a\nb\n");
    const { code, stdout } = await cli(["set", ...pairs], stdin);
    expect([code, stdout]).toEqual([0, "Changed shop.days.\n"]);
    expect(sent()).toEqual(values);
  });
}

const refused: { name: string; pairs: string[]; says: string }[] = [
  { name: "a secret that was typed", pairs: ["shop.password=hunter2"], says: "shop.password is a secret" },
  { name: "one of several that is not there", pairs: ["shop.days=1", "shop.colour=red"], says: '"shop.colour"' },
  { name: "two values for one", pairs: ["shop.days=1", "shop.days=2"], says: "shop.days is given more than once" },
];
for (const { name, pairs, says } of refused) {
  test(`set refuses ${name}, and sends nothing`, async () => {
    const { code, stdout, stderr } = await cli(["set", ...pairs]);
    expect([code, stdout, sent()]).toEqual([2, "", undefined]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("hunter2");
  });
}

test("get prints the value alone, a list by lines, of a secret whether there is one", async () => {
  const get = async (name: string) => (await cli(["get", name])).stdout;
  expect(await get("shop.days")).toBe("14\n");
  expect(await get("shop.networks")).toBe("10.0.0.0/8\n::1\n");
  expect(await get("shop.password")).toBe("(not set)\n");
  expect(JSON.parse((await cli(["get", "shop.days", "--json"])).stdout)).toEqual(SETTINGS[0]);
});

test("list shows those of one app when asked to", async () => {
  expect(JSON.parse((await cli(["list", "--json"])).stdout)).toEqual(SETTINGS);
  const other = await cli(["list", "--app", "mail"]);
  expect([other.code, other.stdout, other.stderr]).toEqual([0, "", 'There are no settings of an app "mail".\n']);
});
