import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

let dir = "";
let url = "";
let server: Bun.Subprocess<"ignore", "pipe">;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-site-"));
  await copyFile(join(import.meta.dir, "server.ts"), join(dir, "server.ts"));
  await Bun.write(join(dir, "secret.txt"), "canary");
  await Bun.write(join(dir, "site/index.html"), "<h1>Home</h1>");
  await Bun.write(join(dir, "site/about.html"), "About");
  await Bun.write(join(dir, "site/docs/index.html"), "Docs");
  await Bun.write(join(dir, "site/app.js"), "let a = 1;");
  await Bun.write(join(dir, "site/ä b.txt"), "umlaut");
  await Bun.write(join(dir, "site/.env"), "canary");
  await Bun.write(join(dir, "site/.well-known/x.txt"), "known");
  await Bun.write(join(dir, "site/404.html"), "Lost");
  await symlink("../secret.txt", join(dir, "site/link.txt"));
  server = Bun.spawn([process.execPath, "server.ts"], {
    cwd: dir,
    env: { PORT: "0" },
    stdin: "ignore",
    stdout: "pipe",
  });
  const { value } = await server.stdout.getReader().read();
  url = `http://127.0.0.1:${/port (\d+)/.exec(new TextDecoder().decode(value))?.[1]}`;
});
afterAll(async () => {
  server.kill();
  await rm(dir, { recursive: true, force: true });
});

const get = (path: string, init: RequestInit = {}) => fetch(url + path, { redirect: "manual", ...init });

const pages: [string, string, RegExp][] = [
  ["/", "<h1>Home</h1>", /^text\/html/],
  ["/index.html", "<h1>Home</h1>", /^text\/html/],
  ["/about", "About", /^text\/html/],
  ["/docs/", "Docs", /^text\/html/],
  ["/app.js?v=1", "let a = 1;", /javascript/],
  ["/%C3%A4%20b.txt", "umlaut", /^text\/plain/],
  ["/.well-known/x.txt", "known", /^text\/plain/],
];
for (const [path, text, type] of pages) {
  test(`${path} is served with its type`, async () => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(type);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toBe(text);
  });
}

for (const path of [
  "/nope",
  "/.env",
  "/link.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/%00",
  "/%ff",
  "/docs/nope",
]) {
  test(`${path} is the site's own 404 page`, async () => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("Lost");
  });
}

test("a raw path upwards does not get out", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.end("GET /../secret.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text)).on("error", reject);
  });
  expect(answer).not.toContain("canary");
});

test("a folder without its slash is redirected within the site", async () => {
  const response = await get("/docs?x=1");
  expect([response.status, response.headers.get("location")]).toEqual([308, "/docs/?x=1"]);
  expect((await get("//docs")).headers.get("location")).toBe("/docs/");
});

test("a page that was seen is not sent again, and a changed one is", async () => {
  const etag = (await get("/app.js")).headers.get("etag") ?? "";
  expect((await get("/app.js", { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await get("/app.js", { headers: { "if-none-match": `"other", W/${etag}` } })).status).toBe(304);
  expect((await get("/about.html", { headers: { "if-none-match": etag } })).status).toBe(200);
});

test("HEAD answers without a body, and nothing else is allowed", async () => {
  const head = await get("/", { method: "HEAD" });
  expect([head.status, await head.text(), head.headers.get("content-length")]).toEqual([200, "", "13"]);
  const post = await get("/", { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("SIGTERM ends it well", async () => {
  const own = Bun.spawn([process.execPath, "server.ts"], { cwd: dir, env: { PORT: "0" }, stdout: "pipe" });
  await own.stdout.getReader().read();
  own.kill("SIGTERM");
  expect(await own.exited).toBe(0);
});
