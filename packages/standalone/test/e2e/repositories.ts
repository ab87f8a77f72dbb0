import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./platform.ts";

/** Files of a repository by path. */
export type Files = Record<string, string>;

const GIT_ENV = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  GIT_CONFIG_NOSYSTEM: "1",
  HOME: "/nonexistent",
};

const git = async (cwd: string, ...args: string[]): Promise<string> => {
  const result = await run(["git", ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", ...GIT_ENV },
    timeoutMs: 60_000,
  });
  if (result.code !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
};

export const writeFiles = (dir: string, files: Files): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
};

/** Makes `<root>/<name>.git` with one commit of the files on main, or another commit on top. Returns the commit. */
export const commitRepository = async (
  root: string,
  name: string,
  files: Files,
  message = "first",
): Promise<string> => {
  const bare = join(root, `${name}.git`);
  const work = join(root, `work-${name}`);
  mkdirSync(work, { recursive: true });
  if (!(await Bun.file(join(bare, "HEAD")).exists())) {
    await git(root, "init", "--quiet", "--bare", "--initial-branch=main", bare);
    await git(work, "init", "--quiet", "--initial-branch=main");
    await git(work, "remote", "add", "origin", bare);
  }
  writeFiles(work, files);
  await git(work, "add", "--all");
  await git(work, "commit", "--quiet", "--allow-empty", "-m", message);
  await git(work, "push", "--quiet", "origin", "main");
  return git(work, "rev-parse", "HEAD");
};

/** The smallest server: no dependency, answers with its text, counts nothing. */
export const smallServer = (text: string, extra = ""): Files => ({
  "package.json": JSON.stringify({
    name: "small",
    version: "1.0.0",
    private: true,
    scripts: { start: "node server.js" },
  }),
  "server.js": `const http = require("node:http");
let text = ${JSON.stringify(text)};
const started = process.pid + " at " + Date.now();
${extra}
const server = http.createServer((req, res) => {
  if (req.url === "/env") { res.end(JSON.stringify(process.env)); return; }
  if (req.url === "/started") { res.end(started); return; }
  if (req.url === "/healthz") { res.writeHead(globalThis.healthStatus ?? 200); res.end("health"); return; }
  if (req.url.startsWith("/call?")) {
    const target = new URL(req.url, "http://x").searchParams.get("url");
    fetch(target).then((r) => r.text()).then((body) => res.end(body), (err) => { res.writeHead(502); res.end(String(err.cause ?? err)); });
    return;
  }
  res.end(text);
});
server.listen(Number(process.env.PORT), "0.0.0.0", () => console.log("listening on " + process.env.PORT));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`,
});

/** A repository whose package.json depends on verdaccio, and nothing else. On Bun: it refuses Node below 22. */
export const verdaccioRepository = (): Files => ({
  "package.json": JSON.stringify({
    name: "packages",
    version: "1.0.0",
    private: true,
    dependencies: { verdaccio: "6.10.4" },
    overrides: { "node-fetch": "2.7.0" },
    engines: { bun: ">=1.4" },
    scripts: { start: "verdaccio --config ./config.yaml --listen 0.0.0.0:$PORT" },
  }),
  "config.yaml": `storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
    max_users: 100
uplinks: {}
packages:
  "**":
    access: $all
    publish: $authenticated
log: { type: stdout, format: pretty, level: warn }
`,
});

/** A repository whose package.json depends on node-red. */
export const nodeRedRepository = (): Files => ({
  "package.json": JSON.stringify({
    name: "flows",
    version: "1.0.0",
    private: true,
    dependencies: { "node-red": "4.0.9" },
    scripts: { start: "node-red --userDir ./data --port $PORT" },
  }),
  "data/.gitkeep": "",
});
