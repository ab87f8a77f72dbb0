import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { me, problem, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
afterAll(() => platform.stop());
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const target = ["--project", "shop", "--service", "api"];

const COMMANDS = [
  "login",
  "logout",
  "deploy",
  "status",
  "open",
  "logs",
  "releases",
  "rollback",
  "env set",
  "env unset",
  "env list",
  "cancel",
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

test("what the platform refuses is told in its words, exit 1", async () => {
  platform.on("GET /auth/me", () => problem(401, "unauthenticated", "Sign in first."));
  platform.on("GET /clusters/nodes", { items: [], nextCursor: null });
  platform.on("GET /deployments/projects", { items: [], nextCursor: null });
  const { code, stdout, stderr } = await runCli(["status"], { env });
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
  const page = await runCli(["env", "list", ...target], { env });
  expect(page).toEqual({ code: 1, stdout: "", stderr: "There is nothing at this address.\n" });
  platform.on("GET /auth/me", me);
});
