import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ArchiveLimits, listFiles, packFiles } from "./archive.ts";
import { UsageError } from "./usage-error.ts";

const root = mkdtempSync(join(tmpdir(), "hp-cli-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const LIMITS: ArchiveLimits = { maxFiles: 100, maxBytes: 1024 * 1024 };
let dir = "";
let count = 0;
beforeEach(() => {
  count += 1;
  dir = join(root, String(count));
  mkdirSync(dir);
});

const put = (files: Record<string, string>, at = dir) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  }
};
const run = async (argv: string[], cwd = dir): Promise<void> => {
  const identity = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const child = Bun.spawn(argv, { cwd, stdout: "ignore", stderr: "pipe", env: { ...process.env, ...identity } });
  if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text());
};
const git = (...args: string[]) => run(["git", ...args]);

describe("the files of a folder", () => {
  test("are all of them, sorted, but for what a build makes again", async () => {
    put({
      "b.ts": "",
      "a/c.ts": "",
      ".env": "",
      "node_modules/x/index.js": "",
      "a/node_modules/y.js": "",
      ".homeport/z": "",
    });
    expect(await listFiles(dir)).toEqual([".env", "a/c.ts", "b.ts"]);
  });

  test("with links as links: a linked folder is not followed, a loop is none", async () => {
    put({ "real/x.ts": "" });
    symlinkSync("real", join(dir, "linked"));
    symlinkSync("..", join(dir, "real/up"));
    symlinkSync("/etc", join(dir, "outside"));
    symlinkSync("missing", join(dir, "broken"));
    expect(await listFiles(dir)).toEqual(["broken", "linked", "outside", "real/up", "real/x.ts"]);
  });

  test("that is empty, or has too many, is refused", async () => {
    expect(listFiles(dir)).rejects.toThrow(UsageError);
    put(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`${i % 7}/${i}.txt`, ""])));
    expect(listFiles(dir, LIMITS)).rejects.toThrow("more than 100 files");
  });
});

describe("the files of a git work tree", () => {
  test("are those git knows or would add: .gitignore holds, also in folders", async () => {
    await git("init", "-q");
    put({ ".gitignore": "dist/\n*.log\n", "a.ts": "", "x.log": "", "dist/out.js": "", "sub/.gitignore": "secret\n" });
    put({ "sub/secret": "", "sub/b.ts": "", "größe €.ts": "", "line\nbreak.ts": "" });
    await git("add", "a.ts");
    expect(await listFiles(dir)).toEqual(
      [".gitignore", "a.ts", "größe €.ts", "line\nbreak.ts", "sub/.gitignore", "sub/b.ts"].sort(),
    );
    expect(await listFiles(join(dir, "sub"))).toEqual([".gitignore", "b.ts"]);
  });

  test("are without those that were deleted since, and with those that were added", async () => {
    await git("init", "-q");
    put({ "gone.ts": "", "kept.ts": "" });
    await git("add", ".");
    rmSync(join(dir, "gone.ts"));
    put({ "fresh.ts": "" });
    expect(await listFiles(dir)).toEqual(["fresh.ts", "kept.ts"]);
  });

  test("which ignores this very folder are those of the folder: somebody deploys what a build has made", async () => {
    await git("init", "-q");
    put({ ".gitignore": "dist\n", "dist/index.html": "", "dist/a/b.js": "" });
    expect(await listFiles(join(dir, "dist"))).toEqual(["a/b.js", "index.html"]);
  });

  test("that has nothing but ignored files are none: what is ignored is not sent because of it", async () => {
    await git("init", "-q");
    put({ ".git/info/exclude": ".env\n", ".env": "PASSWORD=x" });
    expect(listFiles(dir)).rejects.toThrow("There are no files");
  });

  test("that git cannot read are not guessed, because .gitignore would not hold", async () => {
    put({ ".git": "gitdir: /nowhere\n", ".gitignore": ".env\n", ".env": "PASSWORD=x" });
    expect(listFiles(dir)).rejects.toThrow(/git cannot list the files/);
  });

  test("of which there are too many are refused", async () => {
    await git("init", "-q");
    put(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`${i}.txt`, ""])));
    expect(listFiles(dir, LIMITS)).rejects.toThrow("more than 100 files");
  });
});

describe("an archive", () => {
  const unpack = async (body: ReadableStream<Uint8Array>): Promise<string> => {
    const out = join(dir, "..", `out${count}`);
    mkdirSync(out);
    const file = join(out, "..", `${count}.tgz`);
    await Bun.write(file, new Response(body));
    await run(["tar", "-xzf", file, "-C", out], dir);
    return out;
  };

  test("unpacks with tar to what was packed: content, modes, links, odd names, empty and large files", async () => {
    const large = "0123456789".repeat(300_000);
    put({ "a/empty": "", "run.sh": "#!/bin/sh\n", "größe €": "ü", large, [`${"deep/".repeat(30)}file`]: "x" });
    chmodSync(join(dir, "run.sh"), 0o755);
    symlinkSync("a/empty", join(dir, "link"));
    const { body, failure } = packFiles(dir, await listFiles(dir));
    const out = await unpack(body);
    expect(failure()).toBeNull();
    expect(await Bun.file(join(out, "large")).text()).toBe(large);
    expect(await Bun.file(join(out, "größe €")).text()).toBe("ü");
    expect(await Bun.file(join(out, `${"deep/".repeat(30)}file`)).text()).toBe("x");
    expect(lstatSync(join(out, "a/empty")).size).toBe(0);
    expect(lstatSync(join(out, "run.sh")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(out, "link"))).toBe("a/empty");
  });

  test("of which a file vanished breaks off and says which, it does not wait for ever", async () => {
    put({ "a.ts": "", "b.ts": "" });
    const { body, failure } = packFiles(dir, ["a.ts", "vanished.ts", "b.ts"]);
    await expect(new Response(body).bytes()).rejects.toThrow();
    expect(failure()?.message).toContain("vanished.ts");
  });

  test("that gets too large breaks off and says what is allowed", async () => {
    await Bun.write(join(dir, "noise"), crypto.getRandomValues(new Uint8Array(60_000)));
    await Bun.write(
      join(dir, "more"),
      Buffer.concat(Array.from({ length: 40 }, () => crypto.getRandomValues(new Uint8Array(60_000)))),
    );
    const { body, failure } = packFiles(dir, ["noise", "more"], LIMITS);
    await expect(new Response(body).bytes()).rejects.toThrow();
    expect(failure()).toBeInstanceOf(UsageError);
    expect(failure()?.message).toContain("larger than 1 MiB");
  });

  test("that nobody reads to its end is given up", async () => {
    put({ large: "0123456789".repeat(1_000_000) });
    const { body, failure } = packFiles(dir, ["large"]);
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    await Bun.sleep(0);
    expect(failure()).toBeNull(); // the platform's refusal is what is told
  });
});
