import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "../../test/database.ts";
import { untold } from "../../test/keyring.ts";
import { type PlatformConfig, readPlatformConfig } from "../config.ts";
import type { Sql } from "../db/types.ts";
import { Secret } from "../secret.ts";
import { startKeyring } from "./live-keyring.ts";
import { checkKeys, openKeys } from "./open-keys.ts";
import { keepRootSecret } from "./root-secret.ts";
import { rotateDataKey } from "./rotate.ts";

const AT = { table: "shop.orders", row: "1", field: "card", organisationId: null };
const FIRST = new Secret("the first secret of this platform, long");
const SECOND = new Secret("the second secret of this platform, long");

let database: TestDatabase;
let admin: Sql;
let dir: string;
beforeAll(async () => {
  database = await testDatabase([{ app: "shop" }]);
  admin = database.admin;
  dir = mkdtempSync(join(tmpdir(), "hp-keys-"));
}, 60_000);
afterAll(async () => {
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  await admin`delete from platform.data_keys`;
  await admin`delete from platform.root_secret`;
});

const configOf = (fields: Partial<PlatformConfig>): PlatformConfig => ({
  ...readPlatformConfig({
    DATABASE_URL: "postgres://localhost/x",
    REDIS_URL: "/x",
    APP_SECRET: FIRST.reveal(),
    HOMEPORT_DATA: "/data",
  }),
  ...fields,
});
const first = configOf({});
const changed = configOf({ appSecret: SECOND });

/** What a process with this configuration seals, or opens, after a start. */
const start = async (config: PlatformConfig) => {
  await checkKeys(admin, config);
  const encryption = await openKeys(admin, config);
  await keepRootSecret(admin, config);
  return startKeyring(admin, encryption);
};
const sealWith = async (config: PlatformConfig): Promise<Buffer> => {
  const keyring = await start(config);
  await keyring.stop();
  return keyring.seal(AT, "kept");
};
const openWith = async (config: PlatformConfig, sealed: Buffer): Promise<string> => {
  const keyring = await start(config);
  await keyring.stop();
  return keyring.open(AT, sealed).reveal();
};
const rows = () => admin<{ id: number; wrapped: Buffer }[]>`select id, wrapped from platform.data_keys order by id`;

const keyFile = (name: string, content: string | Buffer = `a key file's content, long enough: ${name}`): string => {
  const file = join(dir, name);
  writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
};

test("of ten starts at once on a new database, one makes the first key and all have it", async () => {
  const keyrings = await Promise.all(Array.from({ length: 10 }, () => start(first)));
  expect((await rows()).map(({ id }) => id)).toEqual([1]);
  const sealed = keyrings.map((keyring) => keyring.seal(AT, "kept"));
  const opened = sealed.map((bytes, i) => keyrings[(i + 1) % 10]?.open(AT, bytes).reveal());
  expect(opened).toEqual(Array.from({ length: 10 }, () => "kept"));
  await Promise.all(keyrings.map((keyring) => keyring.stop()));
});

test("apps may not read the keys", async () => {
  await expect(database.connect("shop")`select wrapped from platform.data_keys`.execute()).rejects.toThrow("denied");
});

describe("a start with another secret", () => {
  test("is refused with what to do, and changes nothing", async () => {
    const sealed = await sealWith(first);
    const before = await rows();
    const refused = await checkKeys(admin, changed).catch((err: Error) => err.message);
    for (const part of [
      "another APP_SECRET or key file",
      "Nothing was changed",
      "/data/app-secret",
      "APP_SECRET_PREVIOUS",
      "HOMEPORT_PREVIOUS_KEY_FILE",
    ]) {
      expect(refused).toContain(part);
    }
    expect(await openKeys(admin, changed).catch((err: Error) => err.message)).toBe(refused as string);
    expect(await rows()).toEqual(before);
    expect(await openWith(first, sealed)).toBe("kept");
  });

  test("is refused, too, when the former one that it is given is wrong", async () => {
    await sealWith(first);
    const wrong = configOf({ appSecret: SECOND, previousSecret: new Secret("never the secret of this platform") });
    await expect(checkKeys(admin, wrong)).rejects.toThrow(/nor with the former one/);
    await expect(openKeys(admin, wrong)).rejects.toThrow(/nor with the former one/);
  });

  test("and the former one wraps every key anew, so that the former one is not needed after it", async () => {
    const sealed = await sealWith(first);
    await rotateDataKey(admin, await openKeys(admin, first), untold);
    const both = configOf({ appSecret: SECOND, previousSecret: FIRST });
    expect(await Promise.all([openWith(both, sealed), openWith(both, sealed)])).toEqual(["kept", "kept"]);
    expect(await openWith(changed, sealed)).toBe("kept");
    const leftOver = configOf({ appSecret: SECOND, previousKeyFile: join(dir, "gone") });
    expect(await openWith(leftOver, sealed)).toBe("kept");
    await expect(checkKeys(admin, first)).rejects.toThrow("Nothing was changed");
    expect((await rows()).map(({ id }) => id)).toEqual([1, 2]);
  });

  test("leaves a process of before with the keys it has, but it makes no new one", async () => {
    const encryption = await openKeys(admin, first);
    const old = await startKeyring(admin, encryption);
    const sealed = old.seal(AT, "kept");
    await openWith(configOf({ appSecret: SECOND, previousSecret: FIRST }), sealed);
    const looked = Promise.withResolvers<void>();
    old.subscribe(looked.resolve);
    await admin`update platform.data_keys set active_from = now() - interval '1 hour'`;
    old.look();
    await looked.promise;
    expect(old.open(AT, sealed).reveal()).toBe("kept");
    await expect(rotateDataKey(admin, encryption, untold)).rejects.toMatchObject({ code: "conflict" });
    await old.stop();
  });
});

describe("a key file", () => {
  test("takes the place of APP_SECRET, and back, each with the other one as the former", async () => {
    const sealed = await sealWith(first);
    const withFile = { keyFile: keyFile("key") };
    await openWith(configOf({ ...withFile, previousSecret: FIRST }), sealed);
    expect(await openWith(configOf(withFile), sealed)).toBe("kept");
    await expect(checkKeys(admin, first)).rejects.toThrow("another APP_SECRET or key file");
    await openWith(configOf({ previousKeyFile: withFile.keyFile }), sealed);
    expect(await openWith(first, sealed)).toBe("kept");
  });

  test("does not let a wrong APP_SECRET in, which roles' passwords and signatures come from", async () => {
    const withFile = { keyFile: keyFile("key") };
    const sealed = await sealWith(configOf(withFile));
    const before = await rows();
    const wrong = configOf({ ...withFile, appSecret: SECOND });
    for (const begin of [checkKeys, keepRootSecret]) {
      await expect(begin(admin, wrong)).rejects.toThrow(
        /another APP_SECRET.*Nothing was changed.*APP_SECRET_PREVIOUS/s,
      );
    }
    expect(await rows()).toEqual(before);
    const both = configOf({ ...withFile, appSecret: SECOND, previousSecret: FIRST });
    expect(await Promise.all([openWith(both, sealed), openWith(both, sealed)])).toEqual(["kept", "kept"]);
    expect(await openWith(wrong, sealed)).toBe("kept");
    await expect(checkKeys(admin, configOf(withFile))).rejects.toThrow("Nothing was changed");
  });

  test("is the same with a line's end and without", async () => {
    const sealed = await sealWith(configOf({ keyFile: keyFile("plain", "x".repeat(40)) }));
    expect(await openWith(configOf({ keyFile: keyFile("line", `${"x".repeat(40)}\n`) }), sealed)).toBe("kept");
  });

  const unfit: { name: string; file: () => string; says: RegExp }[] = [
    { name: "that is not there", file: () => join(dir, "nothing"), says: /HOMEPORT_KEY_FILE.*cannot be read/ },
    { name: "of 31 bytes", file: () => keyFile("short", `${"x".repeat(31)}\n`), says: /has 31 bytes.*at least 32/ },
    { name: "that is larger than any key", file: () => keyFile("large", Buffer.alloc(65_537, 1)), says: /is it a key/ },
    {
      name: "that its group can read",
      file: () => {
        const file = keyFile("open");
        chmodSync(file, 0o640);
        return file;
      },
      says: /by others than its owner.*chmod 600/,
    },
    {
      name: "that is a folder",
      file: () => {
        mkdirSync(join(dir, "folder"), { mode: 0o700 });
        return join(dir, "folder");
      },
      says: /is not a file/,
    },
  ];
  for (const { name, file, says } of unfit) {
    test(`${name} is refused`, async () => {
      await expect(openKeys(admin, configOf({ keyFile: file() }))).rejects.toThrow(says);
    });
  }
});
