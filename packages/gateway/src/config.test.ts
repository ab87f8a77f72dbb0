import { expect, test } from "bun:test";
import { GatewayConfig, readConfig } from "./config.ts";

test("the environment becomes a config, with the defaults of a small machine", () => {
  expect(readConfig({ REDIS_URL: "/run/valkey.sock" })).toEqual({
    port: 3000,
    valkeyUrl: "/run/valkey.sock",
    dataDir: ".homeport",
    runDir: ".homeport/run",
    platformHosts: ["localhost"],
    baseDomain: "localhost",
  });
  const env = {
    REDIS_URL: "redis://v:6379/0",
    HOMEPORT_PORT: "80",
    HOMEPORT_DATA: "/d",
    APP_URL: "https://Home.example:8443/",
    HOMEPORT_BASE_DOMAIN: "apps.example",
  };
  expect(readConfig(env)).toMatchObject({ port: 80, platformHosts: ["home.example"], baseDomain: "apps.example" });
});

test.each([
  { name: "a REDIS_URL that is neither", env: { REDIS_URL: "http://x" } },
  { name: "a port beyond ports", env: { REDIS_URL: "/s", HOMEPORT_PORT: "70000" } },
  { name: "an APP_URL without a host", env: { REDIS_URL: "/s", APP_URL: "localhost:3000" } },
])("$name is refused at start", ({ env }) => {
  expect(() => GatewayConfig.parse(readConfig(env))).toThrow();
});

test("limits that are not given have defaults", () => {
  const config = GatewayConfig.parse({
    port: 0,
    valkeyUrl: "/s",
    dataDir: "/d",
    platformHosts: [],
    timeouts: { drainMs: 1 },
  });
  expect(config.timeouts).toEqual({
    headMs: 10_000,
    connectMs: 5_000,
    responseMs: 60_000,
    bodyIdleMs: 900_000,
    drainMs: 1,
  });
});
