import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "./remove-folder.ts";

test("a folder goes with all that is in it, and what its links lead to stays", async () => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-remove-"));
  const kept = await mkdtemp(join(tmpdir(), "homeport-kept-"));
  await Bun.write(join(dir, "deep/file"), "x");
  await symlink(kept, join(dir, "link"));
  await removeFolder(dir);
  expect([existsSync(dir), existsSync(kept)]).toEqual([false, true]);
  await removeFolder(dir); // again is fine
  await removeFolder(kept);
});

test("without root too, when its folders may not be changed", async () => {
  const dir = await mkdtemp(join(tmpdir(), "homeport-remove-"));
  await Bun.write(join(dir, "deep/file"), "x");
  await chmod(join(dir, "deep"), 0o500);
  await chmod(dir, 0o777);
  const script = `import { removeFolder } from ${JSON.stringify(join(import.meta.dir, "remove-folder.ts"))}; await removeFolder(process.argv[1]);`;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) Bun.spawnSync(["chown", "--recursive", "12345", dir]);
  const dropped = isRoot ? ["setpriv", "--reuid=12345", "--clear-groups", "--"] : [];
  const child = Bun.spawn([...dropped, process.execPath, "-e", script, join(dir, "deep")], {
    stderr: "pipe",
    env: { HOME: dir, PATH: process.env.PATH },
  });
  expect(await new Response(child.stderr).text()).toBe("");
  expect(existsSync(join(dir, "deep"))).toBe(false);
  await removeFolder(dir);
});
