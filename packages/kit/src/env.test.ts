import { expect, test } from "bun:test";
import { z } from "zod";
import { defaultRunDir, readLogLevel, readPlatformConfig } from "./config.ts";
import { allEnv, checkEnv, defineEnv } from "./env.ts";

const read = defineEnv("test", {
  HOMEPORT_TEST_PORT: { schema: z.coerce.number().int().positive().default(80), description: "A port." },
  HOMEPORT_TEST_NAME: { schema: z.string().min(3), description: "A name.", secret: true },
});

test("values are parsed, absent ones get their default, and empty means absent", () => {
  expect(read({ HOMEPORT_TEST_PORT: "81", HOMEPORT_TEST_NAME: "ada" })).toEqual({
    HOMEPORT_TEST_PORT: 81,
    HOMEPORT_TEST_NAME: "ada",
  });
  expect(read({ HOMEPORT_TEST_PORT: "", HOMEPORT_TEST_NAME: "ada" }).HOMEPORT_TEST_PORT).toBe(80);
});

test("everything that is wrong is named at once, and no value is printed", () => {
  const wrong = () => read({ HOMEPORT_TEST_PORT: "-1", HOMEPORT_TEST_NAME: "x7" });
  expect(wrong).toThrow(/HOMEPORT_TEST_PORT.*\n.*HOMEPORT_TEST_NAME/);
  expect(wrong).not.toThrow(/x7/);
});

test("of an environment that is handed on, what is set has to be right; what is required may be another's", () => {
  expect(() => checkEnv({ HOMEPORT_TEST_PORT: "80", OTHER: "x" })).not.toThrow();
  expect(() => checkEnv({ HOMEPORT_TEST_PORT: "-1" })).toThrow(/not usable:\n {2}HOMEPORT_TEST_PORT: [^\n]+$/);
});

test("every declared variable is listed with what the reference says of it", () => {
  const own = allEnv().filter((entry) => entry.owner === "test");
  expect(own).toEqual([
    { name: "HOMEPORT_TEST_NAME", description: "A name.", default: null, required: true, secret: true, owner: "test" },
    {
      name: "HOMEPORT_TEST_PORT",
      description: "A port.",
      default: "80",
      required: false,
      secret: false,
      owner: "test",
    },
  ]);
});

const needed = {
  DATABASE_URL: "postgres://u:p@localhost/db",
  REDIS_URL: "redis://localhost",
  APP_SECRET: "x".repeat(32),
  HOMEPORT_DATA: "/data",
};

test("the platform's configuration keeps secrets secret and says where everything is", () => {
  const config = readPlatformConfig(needed);
  expect(JSON.stringify(config)).not.toContain("xxxx");
  expect(config).toMatchObject({
    dataDir: "/data",
    runDir: "/data/run",
    assetsDir: "/data/assets",
    listen: null,
    baseDomain: "localhost",
  });
  expect(() => readPlatformConfig({ ...needed, APP_SECRET: "short" })).toThrow(/APP_SECRET.*32/);
  expect(() => readPlatformConfig({ ...needed, HOMEPORT_LISTEN: "8080" })).toThrow(/host:port/);
});

test("an empty log level is the usual one, an unknown one is named", () => {
  expect(readLogLevel({ HOMEPORT_LOG_LEVEL: "" })).toBe("info");
  expect(() => readLogLevel({ HOMEPORT_LOG_LEVEL: "verbose" })).toThrow(/HOMEPORT_LOG_LEVEL/);
});

test("sockets have a path that fits, however long the data folder's is", () => {
  const long = `/${"x".repeat(90)}`;
  expect(defaultRunDir("/data")).toBe("/data/run");
  expect(Buffer.byteLength(defaultRunDir(long))).toBeLessThan(67);
  expect(defaultRunDir(long)).not.toBe(defaultRunDir(`${long}y`));
});
