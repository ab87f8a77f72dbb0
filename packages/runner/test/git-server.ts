import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export type GitServer = {
  /** Without a slash at its end; repositories are `<url>/<name>.git`. */
  url: string;
  stop(): Promise<void>;
};

export type GitServerOptions = {
  /** Names of repositories that ask for a user and password, and let nobody in. */
  private?: readonly string[];
  /** Old name -> new name or whole address: answered with a redirect, as forges do for renamed repositories. */
  moved?: Readonly<Record<string, string>>;
  /** Name -> `user:token`, asked for by HTTP's Basic scheme. */
  users?: Readonly<Record<string, string>>;
  /** Served over https, as `localhost`. */
  tls?: { cert: string; key: string };
  /** Is told of every request. */
  onRequest?: (request: Request) => void;
};

/**
 * Serves the bare repositories of a folder over smart HTTP with git's own `git http-backend`, on a random port of the
 * loopback address.
 */
export const startGitServer = async (dir: string, options: GitServerOptions = {}): Promise<GitServer> => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 120,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const [name = "", ...rest] = pathname.slice(1).split("/");
      options.onRequest?.(request);
      const target = options.moved?.[name];
      if (target !== undefined) {
        const base = /^https?:/.test(target) ? "" : "/";
        return Response.redirect(`${base}${[target, ...rest].join("/")}${search}`, 301);
      }
      const user = options.users?.[name];
      const isLetIn = user === undefined || request.headers.get("authorization") === `Basic ${btoa(user)}`;
      if (!isLetIn || options.private?.includes(name)) {
        return new Response("Who are you?", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
      }
      return runBackend(dir, request);
    },
  });
  return {
    url: options.tls === undefined ? `http://127.0.0.1:${server.port}` : `https://localhost:${server.port}`,
    async stop() {
      await server.stop(true);
    },
  };
};

/** The CGI contract of git-http-backend(1). */
const runBackend = async (dir: string, request: Request): Promise<Response> => {
  const url = new URL(request.url);
  const child = Bun.spawn(["git", "http-backend"], {
    env: {
      PATH: process.env.PATH ?? "",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_PROJECT_ROOT: dir,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: await request.blob(),
    stdout: "pipe",
    stderr: "ignore",
  });
  request.signal.addEventListener("abort", () => child.kill());
  const output = await new Response(child.stdout).bytes();
  const end = Buffer.from(output).indexOf("\r\n\r\n");
  if (end === -1) return new Response("The backend failed.", { status: 500 });
  const lines = Buffer.from(output.subarray(0, end)).toString().split("\r\n");
  const headers = lines.map((line) => line.split(/:\s*/, 2) as [string, string]);
  const status = Number.parseInt(headers.find(([name]) => name === "Status")?.[1] ?? "200", 10);
  return new Response(output.subarray(end + 4), { status, headers: headers.filter(([name]) => name !== "Status") });
};

/** A working copy with a bare repository behind it, at `<dir>/<name>`. */
export type TestRepository = {
  /** Writes the files, commits them, and gives the commit. A null removes a file. */
  commit(files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  git(...args: string[]): Promise<string>;
  /** Publishes every branch and tag. */
  push(): Promise<void>;
};

export const createRepository = async (dir: string, name: string): Promise<TestRepository> => {
  const bare = join(dir, name);
  const work = join(dir, `.work-${name}`);
  await mkdir(work, { recursive: true });
  const git = (...args: string[]) => runGit(work, args);
  await runGit(dir, ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  await git("init", "--quiet", "--initial-branch=main", ".");
  return {
    git,
    async commit(files, message = "Change") {
      for (const [path, text] of Object.entries(files)) {
        if (text === null) await rm(join(work, path), { force: true });
        else {
          await mkdir(dirname(join(work, path)), { recursive: true });
          await Bun.write(join(work, path), text);
        }
      }
      await git("add", "--all", ".");
      await git("commit", "--quiet", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
    async push() {
      await git("push", "--quiet", "--force", bare, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*");
    },
  };
};

const runGit = async (cwd: string, args: readonly string[]): Promise<string> => {
  const who = { NAME: "Ada", EMAIL: "ada@example.com", DATE: "2026-01-01T00:00:00Z" };
  const identity = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  const child = Bun.spawn(["git", ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, GIT_CONFIG_NOSYSTEM: "1", ...Object.fromEntries(identity) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`git ${args[0]}: ${errors}`);
  return output.trim();
};
