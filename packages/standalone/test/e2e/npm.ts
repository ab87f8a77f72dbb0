import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchHost, run, type TestPlatform } from "./platform.ts";
import { writeFiles } from "./repositories.ts";

const MINUTE = 60_000;

/**
 * npm as on a machine whose resolver knows the host: names below localhost are this machine for browsers and curl, but not
 * for Node's resolver, so npm gets a hosts file of its own.
 */
const npm = (hosts: string, args: string[], cwd: string, env: Record<string, string>) =>
  run(["bwrap", "--dev-bind", "/", "/", "--ro-bind", hosts, "/etc/hosts", "--die-with-parent", "--", "npm", ...args], {
    cwd,
    env,
    timeoutMs: MINUTE,
  });

/** Publishes a package to a registry behind the gateway and installs it from there, with npm itself. */
export const publishAndInstall = async (platform: TestPlatform, url: string): Promise<void> => {
  const { port } = platform;
  const host = new URL(url).hostname;
  const registry = `http://${host}:${port}/`;
  const dir = mkdtempSync(join(tmpdir(), "hp-npm-"));
  try {
    const user = await fetchHost(platform, url, "/-/user/org.couchdb.user:ada", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        _id: "org.couchdb.user:ada",
        name: "ada",
        password: "correct horse",
        type: "user",
        roles: [],
      }),
    });
    const { token } = (await user.json()) as { token: string };
    const npmrc = join(dir, ".npmrc");
    await Bun.write(npmrc, `registry=${registry}\n//${host}:${port}/:_authToken=${token}\n`);
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: dir,
      npm_config_userconfig: npmrc,
      npm_config_cache: join(dir, "cache"),
      npm_config_noproxy: "localhost",
      no_proxy: "localhost,.localhost",
    };
    writeFiles(join(dir, "lib"), {
      "package.json": JSON.stringify({ name: "hello-homeport", version: "1.0.0" }),
      "index.js": "module.exports = 'hello';",
    });
    const hosts = join(dir, "hosts");
    await Bun.write(hosts, `127.0.0.1 localhost ${host}\n`);
    const publish = await npm(hosts, ["publish", "--registry", registry], join(dir, "lib"), env);
    expect(publish.code, publish.stderr).toBe(0);
    writeFiles(join(dir, "app"), { "package.json": JSON.stringify({ name: "app", version: "1.0.0" }) });
    const install = await npm(
      hosts,
      ["install", "hello-homeport", "--registry", registry, "--no-audit", "--no-fund"],
      join(dir, "app"),
      env,
    );
    expect(install.code, install.stderr).toBe(0);
    expect(await Bun.file(join(dir, "app/node_modules/hello-homeport/index.js")).text()).toContain("hello");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
