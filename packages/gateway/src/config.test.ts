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
    appUrl: "http://localhost:3000",
    trustedProxies: [],
    proxyProtocol: false,
    limits: { connectionsPerClient: 1_024 },
  });
  const env = {
    REDIS_URL: "redis://v:6379/0",
    HOMEPORT_PORT: "80",
    HOMEPORT_DATA: "/d",
    APP_URL: "https://Home.example:8443/",
    HOMEPORT_BASE_DOMAIN: "apps.example",
    APP_SECRET: "x".repeat(32),
    HOMEPORT_TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::1",
    HOMEPORT_PROXY_PROTOCOL: "true",
    HOMEPORT_TLS_PORT: "443",
  };
  const config = GatewayConfig.parse(readConfig(env));
  expect(config).toMatchObject({ port: 80, platformHosts: ["home.example"], baseDomain: "apps.example" });
  expect(config).toMatchObject({ trustedProxies: ["10.0.0.0/8", "2001:db8::1"], proxyProtocol: true });
  expect(config.tls).toEqual({ port: 443, directory: "/d/certificates" });
  expect(config.appUrl).toBe("https://Home.example:8443/");
  expect(config.appSecret?.reveal()).toBe("x".repeat(32));
});

test.each([
  { name: "a REDIS_URL that is neither", env: { REDIS_URL: "http://x" } },
  { name: "a port beyond ports", env: { REDIS_URL: "/s", HOMEPORT_PORT: "70000" } },
  { name: "an APP_SECRET that can be guessed", env: { REDIS_URL: "/s", APP_SECRET: "short" } },
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
    keepAliveMs: 75_000,
    connectMs: 5_000,
    responseMs: 60_000,
    bodyIdleMs: 900_000,
    drainMs: 1,
  });
});
