import { afterAll, beforeEach, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SCRIPT = await Bun.file(join(import.meta.dir, "install-packages.sh")).text();

let root = "";
let policy = "";
const roots: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homeport-install-"));
  roots.push(root);
  policy = join(root, "policy-rc.d");
  await program("install.sh", SCRIPT.replace("/usr/sbin/policy-rc.d", policy));
});

afterAll(async () => {
  for (const dir of roots) await rm(dir, { recursive: true });
});

const program = async (name: string, text: string): Promise<void> => {
  await Bun.write(join(root, name), text);
  await chmod(join(root, name), 0o755);
};

/** Runs the script with an apt-get that does `lines`. */
const install = async (lines: string): Promise<{ exitCode: number; stderr: string }> => {
  await program("apt-get", `#!/bin/sh\necho "$@" >>"${root}/calls"\n${lines}\n`);
  const child = Bun.spawn([join(root, "install.sh"), "one", "two"], {
    env: { PATH: `${root}:${process.env.PATH}`, TMPDIR: root },
    stderr: "pipe",
  });
  const stderr = await new Response(child.stderr).text();
  return { exitCode: await child.exited, stderr };
};

const askPolicy = async (): Promise<number> => Bun.spawn([policy, "redis-server", "start"]).exited;

test("packages are installed while services are refused, and nothing is left behind", async () => {
  expect(await install(`"${policy}" redis-server start; echo $? >"${root}/answer"`)).toMatchObject({ exitCode: 0 });
  expect(await Bun.file(join(root, "calls")).text()).toBe("update\ninstall --yes --no-install-recommends one two\n");
  expect(await Bun.file(join(root, "answer")).text()).toBe("101\n");
  expect(await Bun.file(policy).exists()).toBe(false);
});

test("an install that fails shows what apt said", async () => {
  const { exitCode, stderr } = await install("echo E: no such package; exit 100");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("E: no such package\n");
  expect(await Bun.file(policy).exists()).toBe(false);
});

for (const signal of ["INT", "TERM", "HUP"]) {
  test(`SIG${signal} in the middle leaves no policy behind`, async () => {
    expect((await install(`kill -${signal} $PPID`)).exitCode).toBe(130);
    expect(await Bun.file(policy).exists()).toBe(false);
  });
}

test("what a kill -9 leaves behind stops no service, and the next run removes it", async () => {
  await install("kill -9 $PPID");
  expect(await askPolicy()).toBe(0);
  await install("true");
  expect(await Bun.file(policy).exists()).toBe(false);
});

test("a policy of somebody else's stays as it is", async () => {
  await program("policy-rc.d", "#!/bin/sh\nexit 104\n");
  await install("true");
  expect(await askPolicy()).toBe(104);
});
