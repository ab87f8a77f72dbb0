import { expect, test } from "bun:test";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Engine } from "./options.ts";
import { ensurePrograms, type Machine, type Program } from "./programs.ts";

type Facts = { has?: Program[]; root?: boolean; linux?: boolean; apt?: boolean; docker?: boolean };

/** Starts on a machine of these facts; says what was installed, told and refused. */
const start = async (facts: Facts, engine: Engine = "auto", ownValkey = false) => {
  const installed: string[] = [];
  const told: string[] = [];
  const machine: Machine = {
    has: (program) => facts.has?.includes(program) === true,
    isRoot: facts.root ?? true,
    isLinux: facts.linux ?? true,
    hasApt: facts.apt ?? true,
    dockerAnswers: async () => facts.docker === true,
    install: async (packages) => void installed.push(...packages),
    tell: (line) => void told.push(line),
  };
  const refused = await ensurePrograms({ engine, ownValkey }, machine).then(
    () => null,
    (err: unknown) => (err instanceof DomainError ? err.message : Promise.reject(err)),
  );
  return { installed, told: told.join("\n"), refused };
};

test("on a fresh Debian machine as root, all that is missing is installed", async () => {
  const result = await start({});
  expect(result.installed).toEqual(["redis-server", "git", "bubblewrap"]);
  expect(result.refused).toBeNull();
});

test("what is there is not installed again", async () => {
  expect((await start({ has: ["redis-server", "git"] })).installed).toEqual(["bubblewrap"]);
  expect(await start({ has: ["redis-server", "git", "bubblewrap"] })).toEqual({
    installed: [],
    told: "",
    refused: null,
  });
});

const withoutSandbox: { name: string; facts: Facts; engine: Engine }[] = [
  { name: "with --engine docker", facts: {}, engine: "docker" },
  { name: "where Docker answers", facts: { docker: true }, engine: "auto" },
  { name: "on another system than Linux", facts: { linux: false }, engine: "auto" },
];
for (const { name, facts, engine } of withoutSandbox) {
  test(`bubblewrap is not asked for ${name}`, async () => {
    expect((await start(facts, engine)).installed).toEqual(["redis-server", "git"]);
  });
}

test("with --engine process bubblewrap is needed although Docker answers", async () => {
  expect((await start({ docker: true }, "process")).installed).toContain("bubblewrap");
});

test("no server is installed beside a Valkey of the user's own", async () => {
  expect((await start({}, "docker", true)).installed).toEqual(["git"]);
});

test("without root it is refused with one command", async () => {
  const { refused, installed } = await start({ root: false });
  expect(refused).toEndWith("Run: sudo apt-get install -y redis-server git bubblewrap");
  expect(installed).toEqual([]);
});

test("without root and with only bubblewrap missing it goes on, and says what will not work", async () => {
  const { refused, told } = await start({ root: false, has: ["redis-server", "git"] });
  expect(refused).toBeNull();
  expect(told).toContain("no folder or repository can be built");
  expect(told).toEndWith("Run: sudo apt-get install -y bubblewrap");
});

test("as root without apt a missing bubblewrap is a refusal: no workload may run as root", async () => {
  const { refused } = await start({ apt: false, has: ["redis-server", "git"] });
  expect(refused).toEndWith("Install with your system's package manager: bubblewrap");
});
