import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprintOf, makeSshKey } from "./ssh-key.ts";

/** What OpenSSH's own program says of a key. */
const ask = async (argv: string[]): Promise<string> => {
  const child = Bun.spawn(["ssh-keygen", ...argv], { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(err);
  return out.trim();
};

test("ssh-keygen reads the key, and its public half and fingerprint are the ones that are told", async () => {
  const dir = mkdtempSync(join(tmpdir(), "hp-key-"));
  try {
    for (const comment of ["homeport-shop-api", "x", "a-rather-long-comment-that-fills-another-block"]) {
      const { privateKey, publicKey } = makeSshKey(comment);
      const file = join(dir, comment);
      writeFileSync(file, privateKey.reveal(), { mode: 0o600 });
      expect(await ask(["-y", "-f", file])).toBe(publicKey);
      await Bun.write(`${file}.pub`, `${publicKey}\n`);
      expect(await ask(["-l", "-f", `${file}.pub`])).toContain(` ${fingerprintOf(publicKey)} ${comment} `);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a line of known_hosts has the fingerprint of its key", () => {
  const { publicKey } = makeSshKey("x");
  const [kind, blob] = publicKey.split(" ");
  expect(fingerprintOf(`[git.example.com]:2222 ${kind} ${blob}`)).toBe(fingerprintOf(publicKey));
  expect(fingerprintOf("nothing")).toBeNull();
});

test("no two keys are one", () => {
  expect(makeSshKey("x").publicKey).not.toBe(makeSshKey("x").publicKey);
});
