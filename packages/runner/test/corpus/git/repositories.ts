import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { TestRepository } from "../../git-server.ts";

/** A repository that somebody made to do harm; `folder` is its working copy, `canary` a folder that must stay as it is. */
export type HostileRepository = {
  name: string;
  make(repository: TestRepository, folder: string, canary: string): Promise<unknown>;
  /** What becomes of it: refused with this code, or fetched with these files at its top. */
  becomes: { code: string } | { files: string[] };
};

/** A commit of one file under a path that git itself would not add, made of the objects it consists of. */
const withPath =
  (path: string, text = "[core]\n\tfsmonitor = touch canary\n") =>
  async ({ git }: TestRepository, folder: string): Promise<void> => {
    await Bun.write(join(folder, ".git/content"), text);
    let id = await git("hash-object", "-w", ".git/content");
    let [mode, kind] = ["100644", "blob"];
    for (const part of path.split("/").reverse()) {
      await Bun.write(join(folder, ".git/tree"), `${mode} ${kind} ${id}\t${part}\n`);
      id = await makeTree(folder);
      [mode, kind] = ["040000", "tree"];
    }
    await git("update-ref", "refs/heads/main", await git("commit-tree", id, "-m", "Hostile"));
  };

const makeTree = async (folder: string): Promise<string> => {
  const child = Bun.spawn(["git", "mktree"], {
    cwd: folder,
    stdin: Bun.file(join(folder, ".git/tree")),
    stderr: "inherit",
  });
  return (await new Response(child.stdout).text()).trim();
};

/** Paths that some file system takes for .git, where git keeps what it obeys. */
const RESERVED = [
  ".git/config",
  ".git/hooks/post-checkout",
  ".GIT/config",
  ".Git/config",
  "git~1/config",
  "GIT~1/config",
  ".git /config",
  ".git./config",
  ".git::$INDEX_ALLOCATION/config",
  ".g\u200cit/config",
  "sub/.git/config",
  "..",
  "../outside",
  "a/../../outside",
];

const refusedPaths: HostileRepository[] = RESERVED.map((path) => ({
  name: `a file ${JSON.stringify(path)}`,
  make: withPath(path),
  becomes: { code: "source_invalid" },
}));

export const REPOSITORIES: readonly HostileRepository[] = [
  ...refusedPaths,
  {
    name: "links to files of the machine",
    async make({ git }, folder, canary) {
      await symlink("/etc/passwd", join(folder, "passwd"));
      await symlink(canary, join(folder, "out"));
      await symlink("../../../..", join(folder, "up"));
      await git("add", "--all");
      await git("commit", "--quiet", "-m", "Links");
    },
    becomes: { files: ["out", "passwd", "up"] },
  },
  {
    name: "a file below a link that leads out",
    async make({ git }, folder, canary) {
      await symlink(canary, join(folder, "out"));
      await git("add", "out");
      const link = await git("rev-parse", ":out");
      await Bun.write(join(folder, ".git/content"), "overwritten");
      const file = await git("hash-object", "-w", ".git/content");
      await Bun.write(join(folder, ".git/tree"), `100644 blob ${file}\tcanary.txt\n`);
      const below = await makeTree(folder);
      await Bun.write(join(folder, ".git/tree"), `120000 blob ${link}\tout\n040000 tree ${below}\tout\n`);
      const tree = await makeTree(folder);
      await git("update-ref", "refs/heads/main", await git("commit-tree", tree, "-m", "Twice"));
    },
    becomes: { files: ["out"] },
  },
  {
    name: "hooks, and a configuration that names them",
    async make({ commit }) {
      await commit({
        "hooks/post-checkout": "#!/bin/sh\ntouch canary\n",
        ".githooks/post-checkout": "#!/bin/sh\ntouch canary\n",
        ".gitconfig": "[core]\n\thooksPath = .githooks\n",
        config: "[core]\n\tfsmonitor = touch canary\n",
      });
    },
    becomes: { files: [".gitconfig", ".githooks", "config", "hooks"] },
  },
  {
    name: "filters and other attributes that run programs",
    async make({ commit }) {
      await commit({
        ".gitattributes": "* filter=evil diff=evil merge=evil\n*.txt text eol=crlf ident\n",
        "a.txt": "$Id$\n",
      });
    },
    becomes: { files: [".gitattributes", "a.txt"] },
  },
  {
    name: "submodules of this machine, of options and of nowhere",
    async make({ commit, git }) {
      const commitId = await commit({
        ".gitmodules": [
          '[submodule "a"]\n\tpath = a\n\turl = file:///etc\n',
          '[submodule "b"]\n\tpath = b\n\turl = ../../../etc\n',
          '[submodule "c"]\n\tpath = c\n\turl = -u./payload\n',
          '[submodule "d"]\n\tpath = d\n\turl = ext::sh -c touch% canary\n',
          '[submodule "../../x"]\n\tpath = -x\n\turl = https://example.com/x\n\tupdate = !touch canary\n',
        ].join(""),
      });
      for (const name of ["a", "b", "c", "d", "-x"]) {
        await git("update-index", "--add", "--cacheinfo", `160000,${commitId},${name}`);
      }
      await git("commit", "--quiet", "-m", "Submodules");
    },
    becomes: { files: ["-x", ".gitmodules", "a", "b", "c", "d"] },
  },
  {
    name: "pointers to large files of another server",
    async make({ commit }) {
      await commit({
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".lfsconfig": "[lfs]\n\turl = http://169.254.169.254/lfs\n",
        "model.bin": `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 999999999999\n`,
      });
    },
    becomes: { files: [".gitattributes", ".lfsconfig", "model.bin"] },
  },
  {
    name: "names that a terminal, a shell or a program would take for something else",
    async make({ commit }) {
      await commit({
        "-rf": "",
        "--help": "",
        "$(touch canary)": "",
        "a\nb": "",
        "\u001b[31mred": "",
        "\u202etxt.exe": "",
        con: "",
        "a;id": "",
      });
    },
    becomes: {
      files: ["$(touch canary)", "--help", "-rf", "\u001b[31mred", "a\nb", "a;id", "con", "\u202etxt.exe"].sort(),
    },
  },
  {
    name: "files that differ in nothing but case",
    async make({ commit }) {
      await commit({ README: "1", readme: "2", ReadMe: "3" });
    },
    becomes: { files: ["README", "ReadMe", "readme"] },
  },
  {
    name: "a hundred thousand files",
    async make({ git }, folder) {
      const blob = "blob\nmark :1\ndata 1\nx\n";
      const author = "committer Ada <ada@example.com> 1767225600 +0000\ndata 4\nMany\n";
      const files = Array.from({ length: 100_000 }, (_, n) => `M 100644 :1 d${n % 100}/f${n}\n`).join("");
      await Bun.write(join(folder, ".git/import"), `${blob}commit refs/heads/main\n${author}${files}`);
      const child = Bun.spawn(["git", "fast-import", "--quiet", "--force"], {
        cwd: folder,
        stdin: Bun.file(join(folder, ".git/import")),
      });
      await child.exited;
      await rm(join(folder, ".git/import"));
      await git("rev-parse", "refs/heads/main");
    },
    becomes: { files: Array.from({ length: 100 }, (_, n) => `d${n}`).sort() },
  },
  {
    name: "a few kilobytes that unfold to a large file",
    async make({ git }, folder) {
      await mkdir(folder, { recursive: true });
      await Bun.write(join(folder, "zeros.bin"), new Uint8Array(120_000_000));
      await git("add", "zeros.bin");
      await git("commit", "--quiet", "-m", "Bomb");
    },
    becomes: { code: "repository_too_large" },
  },
];
