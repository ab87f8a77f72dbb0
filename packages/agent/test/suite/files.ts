import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { placedFilesRoot } from "../../src/engines/placed-files.ts";
import { addressOf, type Bench, get } from "./bench.ts";

type Files = DesiredReplica["files"];

const fileOf = (path: string, text: string, mode = 0o444): Files[number] => ({
  path,
  content: Buffer.from(text).toString("base64"),
  mode,
});

const commandLines = (): string[] =>
  readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8")] : [];
    } catch {
      return [];
    }
  });

/** What every engine does with the files of a release. */
export const testFiles = (bench: Bench): void => {
  const rootOf = () =>
    placedFilesRoot(bench.engine.kind, {
      nodeId: bench.machine.options.nodeId,
      agentDir: join(bench.machine.options.dataDir, "agent"),
    });
  const ask = async (replica: DesiredReplica, what: "read" | "write", path: string): Promise<Response> => {
    const found = await bench.engine.inspect(replica.id);
    if (found === null) throw new Error("The replica is not there.");
    return get(addressOf(found), `/${what}?path=${encodeURIComponent(path)}`);
  };
  const readIn = async (replica: DesiredReplica, path: string) => (await ask(replica, "read", path)).json();

  test("a replica finds its files where they are wanted, read-only, and nowhere else", async () => {
    const secret = `canary-${Bun.randomUUIDv7()}`;
    const files = [
      fileOf("/run/secrets/db/PASSWORD", secret),
      fileOf("/run/secrets/db/tls/server.key", "key\n"),
      fileOf("/secrets/other/token", "\u{1f511}"),
    ];
    const replica = bench.wish({ files });
    await bench.start(replica);
    expect(await readIn(replica, "/run/secrets/db/PASSWORD")).toEqual({ text: secret });
    expect(await readIn(replica, "/run/secrets/db/tls/server.key")).toEqual({ text: "key\n" });
    expect(await readIn(replica, "/secrets/other")).toEqual({ names: ["token"] });
    await ask(replica, "write", "/run/secrets/db/PASSWORD");
    expect(await readIn(replica, "/run/secrets/db/PASSWORD")).toEqual({ text: secret });
    const neighbour = bench.wish();
    await bench.start(neighbour);
    expect(await readIn(neighbour, "/run/secrets/db")).toHaveProperty("error");
    expect(commandLines().filter((line) => line.includes(secret))).toEqual([]);
  });

  test("files are there again after a restart, also when the machine has forgotten them", async () => {
    const replica = bench.wish({ files: [fileOf("/run/secrets/db/PASSWORD", "pw")] });
    await bench.start(replica);
    for (const forget of [false, true]) {
      await bench.engine.stop(replica.id, 5);
      await bench.reopen();
      if (forget) await rm(join(await rootOf(), replica.id), { recursive: true });
      await bench.engine.start(replica);
      expect(await readIn(replica, "/run/secrets/db/PASSWORD")).toEqual({ text: "pw" });
    }
  });

  test("files go with their replica, and those that a crash left behind with the next start", async () => {
    const [one, orphan] = [1, 2].map(() => bench.wish({ files: [fileOf("/run/secrets/db/A", "a")] })) as [
      DesiredReplica,
      DesiredReplica,
    ];
    await bench.start(one);
    const root = await rootOf();
    expect(readdirSync(root)).toContain(one.id);
    await Bun.write(join(root, orphan.id, "0", "A"), "a");
    await bench.reopen();
    expect(readdirSync(root)).toEqual([one.id]);
    await bench.engine.remove(one.id);
    expect(existsSync(dirname(root))).toBe(false);
  });
};
