import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHAIN_START, hashOf } from "@homeport/kit/audit/chain.ts";
import { toLine } from "@homeport/kit/audit/verify.ts";
import { runCli, startCli } from "./run-cli.ts";
import { startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
afterAll(async () => {
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** An export of `count` entries, the later of them after the first `from`. */
const exported = (count: number, from = 0): string[] => {
  let head = CHAIN_START;
  return Array.from({ length: count }, (_, i) => {
    const link = { seq: i + 1, prevHash: head.hash, content: JSON.stringify({ n: i, text: "größe\n".repeat(50) }) };
    head = { seq: link.seq, hash: hashOf(link) };
    return toLine({ ...link, hash: head.hash });
  }).slice(from);
};
const verify = (lines: string[], ...more: string[]) => {
  writeFileSync(join(dir, "audit.jsonl"), lines.join(""));
  return runCli(["audit", "verify", "--file", "audit.jsonl", ...more], { cwd: dir });
};

test("an export is verified by nobody in particular and without a platform, from any entry on", async () => {
  const lines = exported(2_000);
  const { hash } = JSON.parse(lines.at(-1) ?? "");
  const whole = await verify(lines);
  expect(whole).toEqual({
    code: 0,
    stdout: `Intact: entries 1 to 2000.\nHead: 2000 ${hash}\n`,
    stderr: expect.stringContaining("compare the head with the platform's"),
  });
  const later = await verify(exported(2_000, 1_990), "--json");
  expect(JSON.parse(later.stdout)).toEqual({ ok: true, entries: 10, head: { seq: 2000, hash } });
  const piped = await runCli(["audit", "verify", "--file", "-"], { stdin: lines.join("") });
  expect(piped).toEqual(whole);
});

const altered: { name: string; change: (lines: string[]) => string[]; says: string }[] = [
  {
    name: "an altered line",
    change: (lines) => lines.with(4, (lines[4] ?? "").replace("größe", "groesse")),
    says: "Broken at entry 5: Entry 5 was altered.\n",
  },
  {
    name: "a line left out",
    change: (lines) => lines.toSpliced(4, 1),
    says: "Broken at entry 5: Entry 5 is missing.\n",
  },
  {
    name: "a file cut within a line",
    change: (lines) => lines.with(9, (lines[9] ?? "").slice(0, 40)),
    says: "Broken at entry 10: What should be entry 10 is no line of an export.\n",
  },
];
for (const { name, change, says } of altered) {
  test(`${name} is found: exit 1, where and why`, async () => {
    expect(await verify(change(exported(10)))).toEqual({ code: 1, stdout: "", stderr: says });
    const json = await verify(change(exported(10)), "--json");
    expect([json.code, json.stderr, JSON.parse(json.stdout).ok]).toEqual([1, "", false]);
  });
}

test("what the platform finds broken is told the same way", async () => {
  platform.on("GET /auth/audit/verify", { ok: false, brokenAt: 7, why: "Entry 7 was altered." });
  const { code, stdout, stderr } = await runCli(["audit", "verify"], { env });
  expect([code, stdout, stderr]).toEqual([1, "", "Broken at entry 7: Entry 7 was altered.\n"]);
});

test("an export that nobody reads to its end stops, without a word", async () => {
  platform.on("GET /auth/audit/export", () => new Response(exported(50_000).join("")));
  const child = startCli(["audit", "export"], { env });
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([1, ""]);
});
