import { chown, mkdir, rename, rm, writeFile } from "node:fs/promises";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { run } from "../../exec.ts";
import { writeState } from "../../state-file.ts";
import { type EnginePaths, type ReplicaPaths, replicaPaths, UNFINISHED } from "./paths.ts";
import type { ReplicaRecord } from "./record.ts";

/** A large application is some hundred thousand files; a slow disk needs minutes for them. */
const COPY_TIMEOUT_MS = 10 * 60_000;

/**
 * User ids of workloads: 200000 to 209999. Builds have those after them (build-user.ts of the runner). Records of older
 * agents may hold higher ones; a replica keeps what it has, since its files belong to it.
 */
const FIRST_UID = 200_000;
const UID_COUNT = 10_000;

/** Derived from the replica, so that it rarely repeats soon; the next free one when it is taken. */
export const chooseUid = (id: string, taken: ReadonlySet<number>): number => {
  const start = Number.parseInt(id.slice(-8), 16) % UID_COUNT;
  for (let step = 0; step < UID_COUNT; step += 1) {
    const uid = FIRST_UID + ((start + step) % UID_COUNT);
    if (!taken.has(uid)) return uid;
  }
  throw new Error("Every user id for workloads is taken.");
};

/**
 * Makes the replica's folder: its own writable copy of the image, a home, a temporary folder and its record. It appears
 * under its name only when it is whole.
 */
export const prepareReplica = async (
  paths: EnginePaths,
  imageApp: string,
  hosts: string,
  record: ReplicaRecord,
): Promise<void> => {
  const { id } = record.replica;
  const draft = replicaPaths(`${paths.replica(id).dir}.${Bun.randomUUIDv7()}${UNFINISHED}`);
  await mkdir(draft.dir, { recursive: true, mode: 0o711 });
  try {
    // a copy that shares blocks with the image where the file system can
    await run(["cp", "-a", "--reflink=auto", "--", imageApp, draft.app], COPY_TIMEOUT_MS);
    for (const dir of [draft.home, draft.tmp]) await mkdir(dir, { mode: 0o700 });
    if (record.uid !== null) {
      await run(
        ["chown", "-R", "-h", `${record.uid}:${record.uid}`, "--", draft.app, draft.home, draft.tmp],
        COPY_TIMEOUT_MS,
      );
    }
    await writeFile(draft.hosts, hosts, { mode: 0o644 });
    await writeAccounts(draft, record.uid);
    await writeState(draft.record, record);
    await rename(draft.dir, paths.replica(id).dir);
  } catch (err) {
    await rm(draft.dir, { recursive: true, force: true });
    throw err;
  }
};

/** Many programs ask who they are, and some do not start when nobody can say. The machine's own users are not shown. */
export const writeAccounts = async ({ passwd, group }: ReplicaPaths, uid: number | null): Promise<void> => {
  const user = uid ?? process.getuid?.() ?? 0;
  const members = uid ?? process.getgid?.() ?? 0;
  const accounts = user === 0 ? [] : [`app:x:${user}:${members}::/home/app:/usr/sbin/nologin`];
  const groups = members === 0 ? [] : [`app:x:${members}:`];
  await writeFile(passwd, ["root:x:0:0::/nonexistent:/usr/sbin/nologin", ...accounts, ""].join("\n"), { mode: 0o644 });
  await writeFile(group, ["root:x:0:", ...groups, ""].join("\n"), { mode: 0o644 });
};

/** What launcher.ts shall become. Only the workload's own user can read it, since it holds the environment. */
export const writeLaunchSpec = async (
  path: string,
  uid: number | null,
  spec: { cwd: string; argv: string[]; env: Record<string, string> },
): Promise<void> => {
  await writeState(path, spec);
  if (uid !== null) await chown(path, uid, uid);
};

/** PATH, HOME and the given variables, and nothing of the agent's own environment. PORT is always ours. */
export const environmentOf = (
  replica: DesiredReplica,
  imageEnv: Record<string, string>,
  own: { path: string; home: string; tmp: string; port: number },
): Record<string, string> => {
  const { PATH: _path, ...fromImage } = imageEnv; // the image was made for other folders than this machine has
  return {
    PATH: own.path,
    HOME: own.home,
    TMPDIR: own.tmp,
    LANG: "C.UTF-8",
    ...fromImage,
    ...replica.env,
    PORT: String(own.port),
  };
};
