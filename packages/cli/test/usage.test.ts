import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { me, problem, startStubPlatform, whoami } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
afterAll(() => platform.stop());
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const target = ["--project", "shop", "--service", "api"];

const grant = (...more: string[]) => ["grant", "set", "--project", "shop", ...more];

const COMMANDS = [
  "eject",
  "login",
  "logout",
  "whoami",
  "token list",
  "token create",
  "token revoke",
  "org list",
  "org show",
  "org create",
  "org rename",
  "org remove",
  "member list",
  "member set-role",
  "member remove",
  "member leave",
  "team list",
  "team show",
  "team create",
  "team remove",
  "team add",
  "team drop",
  "grant list",
  "grant set",
  "grant remove",
  "invite list",
  "invite create",
  "invite resend",
  "invite revoke",
  "service-account list",
  "service-account create",
  "service-account remove",
  "service-account token list",
  "service-account token create",
  "service-account token revoke",
  "audit list",
  "audit export",
  "audit verify",
  "settings list",
  "settings get",
  "settings set",
  "settings reset",
  "settings export",
  "settings import",
  "keys list",
  "keys rotate",
  "keys remove",
  "deploy",
  "status",
  "open",
  "logs",
  "releases",
  "rollback",
  "release keep",
  "release unkeep",
  "promote",
  "environment list",
  "environment create",
  "environment update",
  "environment remove",
  "group list",
  "group create",
  "group rename",
  "group remove",
  "group add",
  "group drop",
  "changes apply",
  "env set",
  "env unset",
  "env list",
  "env reveal",
  "secret groups",
  "secret create",
  "secret set",
  "secret unset",
  "secret remove",
  "secret attach",
  "secret detach",
  "secret show",
  "secret reveal",
  "cancel",
  "volume usage",
  "volume files",
  "volume reset",
  "volume resize",
  "snapshot create",
  "snapshot list",
  "snapshot restore",
  "snapshot remove",
];

test("the help names every command, the exit codes and a first step", async () => {
  const { code, stdout } = await runCli(["--help"]);
  expect(code).toBe(0);
  for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command.split(" ")[0]}`);
  expect(stdout).toContain("Exit codes:");
  expect(stdout).toContain("homeport login --url");
});

for (const command of COMMANDS) {
  test(`${command} --help says what it does and shows an example`, async () => {
    const { code, stdout, stderr } = await runCli([...command.split(" "), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: homeport ${command}`);
    expect(stdout).toMatch(new RegExp(`Example[^]*homeport ${command}`.replace("[^]", "[\\s\\S]")));
  });
}

const wrong: { name: string; args: string[]; says: RegExp }[] = [
  { name: "an unknown command", args: ["fly"], says: /unknown command 'fly'/ },
  { name: "an unknown option", args: ["status", "--fast"], says: /unknown option '--fast'/ },
  { name: "no project", args: ["deploy", "--service", "api"], says: /--project/ },
  {
    name: "a project that cannot be",
    args: ["deploy", "--project", "Shop", "--service", "api"],
    says: /--project "Shop"/,
  },
  { name: "a reset that nobody means", args: ["volume", "reset", "data", ...target], says: /--yes/ },
  { name: "a restore that nobody means", args: ["snapshot", "restore", "data", "x", ...target], says: /--yes/ },
  { name: "a volume that cannot be", args: ["volume", "usage", "Data", ...target], says: /the volume "Data"/ },
  { name: "a size that is none", args: ["volume", "resize", "data", "--size", "big", ...target], says: /--size/ },
  { name: "two things to deploy", args: ["deploy", ".", "--image", "nginx", ...target], says: /Deploy one thing/ },
  {
    name: "a branch without a repository",
    args: ["deploy", "--ref", "main", ...target],
    says: /--ref goes with --git/,
  },
  {
    name: "a port that is none",
    args: ["deploy", "--port", "eighty", ...target],
    says: /--port must be a whole number/,
  },
  { name: "a port that is too high", args: ["deploy", "--port", "70000", ...target], says: /1 to 65535/ },
  { name: "a folder that is not there", args: ["deploy", "./nowhere", ...target], says: /nowhere is not a folder/ },
  { name: "a variable without a value", args: ["env", "set", "KEY", ...target], says: /"KEY" is not KEY=VALUE/ },
  {
    name: "a release that is no number",
    args: ["rollback", "--to", "first", ...target],
    says: /--to must be a whole number/,
  },
  {
    name: "a URL that is none",
    args: ["login", "--url", "localhost:3000", "--token", "x"],
    says: /--url must be like/,
  },
  { name: "a role that is none", args: ["member", "set-role", "ada@example.com", "king"], says: /Allowed choices are/ },
  { name: "a project role that is none", args: grant("--team", "backend", "--role", "owner"), says: /Allowed choices/ },
  { name: "a role for nobody", args: grant("--role", "viewer"), says: /Say who, once/ },
  {
    name: "a role for two",
    args: grant("--role", "viewer", "--team", "backend", "--person", "ada@example.com"),
    says: /Say who, once/,
  },
  { name: "a token without a name", args: ["token", "create"], says: /--name/ },
  {
    name: "a token for ever",
    args: ["token", "create", "--name", "x", "--expires-in-days", "9999"],
    says: /--expires-in-days must be a whole number from 1 to 366/,
  },
  {
    name: "a setting without a value",
    args: ["settings", "set", "hunter2"],
    says: /^One of the arguments is not KEY=V/,
  },
  { name: "two settings from one input", args: ["settings", "set", "a.b=-", "a.c=-"], says: /one KEY only/ },
  {
    name: "a file that is not there",
    args: ["settings", "set", "a.b=@/nowhere/x"],
    says: /\/nowhere\/x cannot be read/,
  },
  { name: "a document that is not there", args: ["settings", "import", "/nowhere/x"], says: /cannot be read/ },
  { name: "a key that is no number", args: ["keys", "remove", "first"], says: /must be a whole number/ },
  { name: "a time that is none", args: ["audit", "list", "--from", "soon"], says: /--from must be a time like/ },
  {
    name: "an export and a platform",
    args: ["audit", "verify", "--file", "x", "--instance"],
    says: /leave --instance out/,
  },
  { name: "an export that is not there", args: ["audit", "verify", "--file", "/nowhere/x"], says: /cannot be read/ },
  { name: "an export of nothing", args: ["audit", "verify", "--file", "/dev/null"], says: /There are no entries/ },
  { name: "nothing to do", args: [], says: /Usage: homeport/ },
];
for (const { name, args, says } of wrong) {
  test(`${name}: exit 2, why on stderr, nothing on stdout`, async () => {
    const { code, stdout, stderr } = await runCli(args, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain("    at "); // no stack trace
  });
}

test("nobody signed in, half an environment and a wrong one are told with what to do", async () => {
  const nobody = await runCli(["status"]);
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("homeport login --url")]);
  const half = await runCli(["status"], { env: { HOMEPORT_URL: platform.url } });
  expect([half.code, half.stderr]).toEqual([2, expect.stringContaining("Set both")]);
  const odd = await runCli(["status"], { env: { HOMEPORT_URL: "nonsense", HOMEPORT_TOKEN: "x" } });
  expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining("HOMEPORT_URL")]);
});

test("a platform that is not there: exit 1, and says which", async () => {
  for (const args of [
    ["status", "--json"],
    ["deploy", "--image", "nginx", ...target],
    ["env", "list", ...target],
  ]) {
    const { code, stdout, stderr } = await runCli(args, { env: { ...env, HOMEPORT_URL: "http://127.0.0.1:1" } });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: "http://127.0.0.1:1 does not answer.\n" });
  }
});

test("a sign-in that is too old is told with what helps", async () => {
  platform.on("DELETE /auth/organisation", () => problem(403, "unverified", "Confirm that it is you."));
  const { code, stderr } = await runCli(["org", "remove", "home"], { env });
  expect([code, stderr]).toEqual([
    1,
    `Confirm that it is you.\nDo it in the browser, or make a token there that names it, under "Only these scopes": ${platform.url}/account/tokens\n`,
  ]);
});

test("what the platform refuses is told in its words, exit 1", async () => {
  platform.on("GET /auth/whoami", () => problem(401, "unauthenticated", "Sign in first."));
  platform.on("GET /clusters/nodes", { items: [], nextCursor: null });
  platform.on("GET /deployments/projects", { items: [], nextCursor: null });
  const { code, stdout, stderr } = await runCli(["status"], { env });
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
  const page = await runCli(["env", "list", ...target], { env });
  expect(page).toEqual({ code: 1, stdout: "", stderr: "There is nothing at this address.\n" });
  platform.on("GET /auth/whoami", whoami);
  platform.on("GET /auth/me", me);
});
