import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { placedFilesRoot } from "../../src/engines/placed-files.ts";
import { launch } from "../../src/engines/process/launch.ts";
import { openSandbox } from "../../src/engines/process/open-sandbox.ts";
import { enginePaths } from "../../src/engines/process/paths.ts";
import { isAlive } from "../../src/engines/process/proc.ts";
import { ReplicaRecord } from "../../src/engines/process/record.ts";
import { readState } from "../../src/state-file.ts";
import { putImage, tarOf } from "../images.ts";
import { type Bench, failureOf, get, NEVER } from "./bench.ts";

/** What the process engine promises beyond every engine: a sandbox, and images it must refuse. */
export const testProcessOnly = (bench: Bench): void => {
  test("a replica runs as a user of its own and sees neither the platform's data nor other replicas", async () => {
    const [one, other] = [bench.wish(), bench.wish()];
    const addresses = [await bench.start(one), await bench.start(other)] as const;
    const who = await Promise.all(addresses.map(async (address) => (await get(address, "/who")).json()));
    expect(who[0].cwd).toBe("/app");
    expect(who[0].uid).toBeGreaterThanOrEqual(200_000);
    expect(who[0].uid).not.toBe(who[1].uid);
    const read = async (path: string) => (await get(addresses[0], `/read?path=${encodeURIComponent(path)}`)).json();
    const { dataDir } = bench.machine.options;
    for (const hidden of [dataDir, join(dataDir, "agent/process/replicas", other.id), homedir()]) {
      expect(await read(hidden)).toHaveProperty("error");
    }
    expect((await read("/etc/passwd")).text).toContain(`app:x:${who[0].uid}:${who[0].uid}::/home/app:`);
    expect((await read("/home")).names).toEqual(["app"]);
    expect((await read("/proc")).names).not.toContain(String(process.pid));
  });

  test("the engine says how far it keeps replicas apart", async () => {
    const { isolates, version } = await bench.engine.info();
    expect(isolates).toBe(false);
    expect(version).toMatch(/^Linux \S+, a user for each replica$/);
  });

  test("every process of a replica is in the replica's control group, bubblewrap too", async () => {
    const replica = bench.wish();
    await get(await bench.start(replica), "/");
    const { dataDir } = bench.machine.options;
    const record = await readState(enginePaths(join(dataDir, "agent")).replica(replica.id).record, ReplicaRecord);
    if (record?.state.kind !== "running") throw new Error("The replica does not run.");
    const { outer, init, main } = record.state;
    for (const process of [outer, init, main]) {
      expect(readFileSync(`/proc/${process?.pid}/cgroup`, "utf8")).toContain(`/homeport/${replica.id}\n`);
    }
  });

  test("a replica writes to its own copy, never to the image", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    for (const path of ["/app/new-file", "/home/app/new-file", "/tmp/new-file"]) {
      expect(await (await get(address, `/write?path=${path}`)).text()).toBe("written");
    }
    const image = enginePaths(join(bench.machine.options.dataDir, "agent")).image(
      (replica.image as { digest: string }).digest,
    );
    expect(readdirSync(image.app)).not.toContain("new-file");
  });

  test("the environment is in no argument list, and its files are for nobody else", async () => {
    const secret = `canary-${Bun.randomUUIDv7()}`;
    const replica = bench.wish({ env: { SECRET: secret } });
    await get(await bench.start(replica), "/");
    const lines = readdirSync("/proc").flatMap((name) => {
      try {
        return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, "utf8")] : [];
      } catch {
        return [];
      }
    });
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    const paths = enginePaths(join(bench.machine.options.dataDir, "agent")).replica(replica.id);
    for (const file of [paths.record, paths.launchSpec, paths.stdout]) expect(statSync(file).mode & 0o077).toBe(0);
  });

  test("files belong to the replica's user, in a folder that is closed to everybody else", async () => {
    const { nodeId, dataDir } = bench.machine.options;
    const content = Buffer.from("pw").toString("base64");
    const replica = bench.wish({ files: [{ path: "/run/secrets/db/PASSWORD", content, mode: 0o400 }] });
    const { uid } = await (await get(await bench.start(replica), "/who")).json();
    const folder = join(
      await placedFilesRoot("process", { nodeId, agentDir: join(dataDir, "agent") }),
      replica.id,
      "0",
    );
    for (const [path, mode] of [
      [folder, 0o500],
      [join(folder, "PASSWORD"), 0o400],
    ] as const) {
      const found = statSync(path);
      expect([found.uid, found.mode & 0o777]).toEqual([uid, mode]);
    }
  });

  test.each(["/etc/nginx", "/app/config", "/tmp/x", "/usr", "/var", "/run"])(
    "files in %s are refused with what to do instead, and nothing is started",
    async (folder) => {
      const replica = bench.wish({ files: [{ path: `${folder}/a`, content: "", mode: 0o444 }] });
      const failure = await failureOf(bench.pullAndStart(replica));
      expect(failure).toMatchObject({ retryable: false, reason: { code: "files_unsupported" } });
      expect(await bench.engine.inspect(replica.id)).toBeNull();
    },
  );

  test.each(["/etc/app", "/app", "/tmp/x", "/usr", "/var", "/run", "/home"])(
    "a volume at %s is refused with what to do instead, and nothing is started",
    async (path) => {
      const replica = bench.wish({ volumes: [{ volumeId: newId(), name: "data", path }] });
      const failure = await failureOf(bench.pullAndStart(replica));
      expect(failure).toMatchObject({ retryable: false, reason: { code: "volumes_unsupported" } });
      expect(await bench.engine.inspect(replica.id)).toBeNull();
    },
  );

  test("a volume is not mounted along a link that the workload has made", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await get(address, "/link?path=/app/storage&to=/srv");
    await bench.engine.stop(replica.id, 5);
    const volumes = [{ volumeId: newId() as string, name: "data", path: "/app/storage/deep" }];
    const failure = await failureOf(bench.engine.start({ ...replica, volumes }));
    expect(failure).toMatchObject({ reason: { code: "volumes_unsupported" } });
    await bench.engine.remove(replica.id);
    await bench.engine.volumes.remove(volumes[0]?.volumeId ?? "", NEVER);
  });

  test("variables of the tenant never reach the programs that still have privileges", async () => {
    const replica = bench.wish({ env: { LD_PRELOAD: "/app/no-such-library.so" } });
    await get(await bench.start(replica), "/exit?code=0");
    await bench.ended(replica.id);
    const complaints = (await bench.logOf(replica.id)).filter(({ text }) => text.includes("no-such-library"));
    expect(complaints).toHaveLength(1); // the workload itself, and not bwrap, setpriv and the launcher before it
  });

  test("nothing of the tenant runs when the agent dies before it has written down that it does", async () => {
    const replica = bench.wish();
    await get(await bench.start(replica), "/");
    await bench.engine.stop(replica.id, 5);
    const { dataDir } = bench.machine.options;
    const paths = enginePaths(join(dataDir, "agent"));
    const sandbox = await openSandbox(paths, dataDir, process.env.PATH ?? "");
    const before = statSync(paths.replica(replica.id).stdout).size;
    const launched = await launch(sandbox, paths.replica(replica.id), 200_001);
    launched.abandon(); // what the kernel does to the gate of a killed agent
    expect(await launched.ended).toBe(0);
    expect(isAlive(launched.pids.main)).toBe(false);
    expect(statSync(paths.replica(replica.id).stdout).size).toBe(before);
  });

  const refused: { name: string; image: () => Promise<unknown>; code: string }[] = [
    {
      name: "an image of another registry",
      image: async () => ({ reference: "docker.io/library/nginx:1.27" }),
      code: "needs_container_engine",
    },
    {
      name: "an image without the label",
      image: async () => putImage(bench.machine.registry, [await layer()], { Cmd: ["nginx"] }),
      code: "needs_container_engine",
    },
    {
      name: "an image of several layers",
      image: async () => putImage(bench.machine.registry, [await layer(), await layer("app/b")], LABELLED),
      code: "needs_container_engine",
    },
    {
      name: "an image with a link to the machine",
      image: async () => putImage(bench.machine.registry, [{ tar: await tarOf([EVIL_LINK]), gzip: true }], LABELLED),
      code: "image_unsafe",
    },
    {
      name: "an image whose layer is not an archive",
      image: async () => putImage(bench.machine.registry, [{ tar: Buffer.from("nonsense"), gzip: true }], LABELLED),
      code: "image_unsafe",
    },
    ...["/", "/etc", "/application", "/app/../etc", "packages/api", "/app/a\0b"].map((WorkingDir) => ({
      name: `an image that is to run in ${JSON.stringify(WorkingDir)}`,
      image: async () => putImage(bench.machine.registry, [await layer()], { ...LABELLED, WorkingDir }),
      code: "image_unsafe",
    })),
  ];
  test.each(refused)("$name is refused, and nothing of it stays", async ({ image, code }) => {
    const failure = await failureOf(bench.engine.pull((await image()) as never, bench.credentials, NEVER));
    expect(failure).toMatchObject({ retryable: false, reason: { code } });
    const images = join(bench.machine.options.dataDir, "agent/process/images");
    expect(readdirSync(images).filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
  });

  test("the registry's stumbles are worth another try", async () => {
    const image = putImage(bench.machine.registry, [await layer(`app/${Bun.randomUUIDv7()}`)], LABELLED);
    for (const status of [404, 500, 503]) {
      bench.machine.registry.failNext(status);
      expect(await failureOf(bench.engine.pull(image, bench.credentials, NEVER))).toMatchObject({ retryable: true });
    }
    await bench.engine.pull(image, bench.credentials, NEVER);
  });

  test("replicas that start together download their image once", async () => {
    const image = putImage(bench.machine.registry, [await layer(`app/${Bun.randomUUIDv7()}`)], LABELLED);
    const { requests } = bench.machine.registry;
    const before = requests.length;
    await Promise.all([1, 2, 3].map(() => bench.engine.pull(image, bench.credentials, NEVER)));
    expect(requests.slice(before).filter((request) => request.includes("/manifests/"))).toHaveLength(2); // without and with a token
  });
};

const LABELLED = { Cmd: ["bun"], Labels: { "dev.homeport.process": "1" } };
const EVIL_LINK = { name: "app/link", type: "symlink" as const, linkname: "/etc/passwd" };

const layer = async (name = "app/a") => ({ tar: await tarOf([{ name, content: name }]), gzip: true });
