import { existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { waitFor } from "../wait-for.ts";
import { callDocker } from "./api.ts";
import { run } from "./command.ts";
import { createNetwork, type Network, removeNetwork } from "./network.ts";
import { endProcess, identify, isAlive, type ProcessId } from "./process.ts";
import { emptyControlGroup, unmountBelow } from "./remains.ts";

/** Everything that has to be taken back when a daemon stops; kept in its folder, so that anybody can do it. */
export type DaemonState = {
  owner: ProcessId;
  network?: Network;
  containerd?: ProcessId;
  dockerd?: ProcessId;
};

export const socketOf = (root: string): string => join(root, "docker.sock");

/**
 * Starts a Docker daemon that shares nothing with the machine's: folders, socket, containerd with its namespace, bridge,
 * addresses and control group are its own. Containers survive the daemon (live-restore), but not `stopDaemon`.
 */
export const startDaemon = async (root: string): Promise<void> => {
  const state: DaemonState = { owner: identify(process.pid) as ProcessId };
  const save = (changes: DaemonState) => Bun.write(stateFile(root), JSON.stringify(Object.assign(state, changes)));
  await save(state);
  await mkdir(join(root, "log"));
  state.network = await createNetwork(idOf(root));
  await save(state);
  state.containerd = await startContainerd(root);
  await save(state);
  state.dockerd = await startDockerd(root, state.network);
  await save(state);
  await untilAnswer(root, state.dockerd);
};

/** Ends the daemon, its containers and everything it left on the machine. May be called again. */
export const stopDaemon = async (root: string): Promise<void> => {
  const state = readState(root);
  if (state === null) return;
  await removeContainers(root);
  if (state.dockerd !== undefined) await endProcess(state.dockerd, 10_000);
  if (state.containerd !== undefined) await endProcess(state.containerd, 5_000);
  await emptyControlGroup(controlGroupOf(root));
  if (state.network !== undefined) await removeNetwork(state.network);
  await unmountBelow(root);
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
};

/** Kills the daemon as a crash would. Its containers go on. */
export const killDaemon = async (root: string): Promise<void> => {
  const daemon = readState(root)?.dockerd;
  if (daemon === undefined || !isAlive(daemon)) return;
  process.kill(daemon.pid, "SIGKILL");
  await waitFor(() => !isAlive(daemon), { message: "the killed daemon is gone" });
};

/** Starts a killed daemon again, with all that it had. */
export const restartDaemon = async (root: string): Promise<void> => {
  const state = readState(root);
  if (state?.network === undefined) throw new Error("There is no daemon to start again.");
  await rm(join(root, "docker.pid"), { force: true });
  const dockerd = await startDockerd(root, state.network);
  await Bun.write(stateFile(root), JSON.stringify({ ...state, dockerd }));
  await untilAnswer(root, dockerd);
};

/** Null for a folder that holds no daemon, such as one whose daemon was stopped. */
export const readState = (root: string): DaemonState | null => {
  if (!existsSync(stateFile(root))) return null;
  return JSON.parse(readFileSync(stateFile(root), "utf8")) as DaemonState;
};

const stateFile = (root: string): string => join(root, "state.json");
const idOf = (root: string): string => basename(root).slice(-6).toLowerCase();
const controlGroupOf = (root: string): string => `homeport-test-${idOf(root)}`;
const containerdSocket = (root: string): string => join(root, "containerd.sock");

const startContainerd = async (root: string): Promise<ProcessId> => {
  const config = {
    version: 2,
    root: join(root, "containerd/root"),
    state: join(root, "containerd/state"),
    disabled_plugins: ["io.containerd.grpc.v1.cri"],
    grpc: { address: containerdSocket(root) },
    ttrpc: { address: `${containerdSocket(root)}.ttrpc` },
  };
  await Bun.write(join(root, "containerd.toml"), toToml(config));
  const started = spawnLogged(root, ["containerd", "--config", join(root, "containerd.toml"), "--log-level", "warn"]);
  const message = "containerd does not listen";
  await waitFor(() => existsSync(containerdSocket(root)), { timeoutMs: 15_000, message });
  return started;
};

const startDockerd = async (root: string, { bridge, prefix }: Network): Promise<ProcessId> => {
  const config = {
    hosts: [`unix://${socketOf(root)}`],
    "data-root": join(root, "data"),
    "exec-root": join(root, "exec"),
    pidfile: join(root, "docker.pid"),
    containerd: containerdSocket(root),
    "containerd-namespace": controlGroupOf(root),
    "containerd-plugins-namespace": `${controlGroupOf(root)}-plugins`,
    ...((await majorVersion()) < 23 ? { "deprecated-key-path": join(root, "key.json") } : {}), // not in /etc/docker
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/${controlGroupOf(root)}`,
    "storage-driver": "overlay2",
    "live-restore": true,
    bridge,
    iptables: false, // see network.ts
    ip6tables: false,
    "default-address-pools": [{ base: `${prefix}.128.0/17`, size: 24 }],
    "shutdown-timeout": 3,
    "log-level": "warn",
  };
  await Bun.write(join(root, "daemon.json"), JSON.stringify(config));
  return spawnLogged(root, ["dockerd", "--config-file", join(root, "daemon.json")]);
};

const majorVersion = async (): Promise<number> =>
  Number(/version (\d+)\./.exec(await run(["dockerd", "--version"]))?.[1] ?? 0);

/** In a session of its own, so that Ctrl-C in a terminal reaches the tests first, and they clean up. */
const spawnLogged = (root: string, argv: readonly string[]): ProcessId => {
  const log = openSync(join(root, "log", `${argv[0]}.log`), "a");
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DOCKER_")));
  const child = Bun.spawn([...argv], {
    stdin: "ignore",
    stdout: log,
    stderr: log,
    env: { ...env, HOME: root },
    detached: true,
  });
  child.unref();
  return identify(child.pid) ?? { pid: child.pid, startedAt: 0 };
};

const untilAnswer = async (root: string, dockerd: ProcessId): Promise<void> => {
  const state = async () => {
    if (!isAlive(dockerd)) return "ended";
    await callDocker(socketOf(root), "/_ping", { timeoutMs: 2_000 });
    return "answers";
  };
  if ((await waitFor(state, { timeoutMs: 30_000, message: "the Docker daemon does not answer" })) === "answers") return;
  const log = await Bun.file(join(root, "log/dockerd.log")).text();
  throw new Error(`The Docker daemon ended: ${log.trim().slice(-1000)}`);
};

/** With live-restore, containers outlive the daemon, so they are removed while it still can. */
const removeContainers = async (root: string): Promise<void> => {
  try {
    const list = await callDocker(socketOf(root), "/containers/json?all=1", { timeoutMs: 5_000 });
    const containers = (await list.json()) as { Id: string }[];
    const remove = ({ Id }: { Id: string }) =>
      callDocker(socketOf(root), `/containers/${Id}?force=1&v=1`, { method: "DELETE", timeoutMs: 20_000 });
    await Promise.allSettled(containers.map(remove));
  } catch {
    // No daemon answers: the control group is emptied instead.
  }
};

const toToml = (config: Record<string, unknown>): string => {
  const entries = Object.entries(config);
  const isTable = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const plain = entries.flatMap(([key, value]) => (isTable(value) ? [] : [`${key} = ${JSON.stringify(value)}`]));
  const tables = entries.flatMap(([key, value]) => (isTable(value) ? [`[${key}]\n${toToml(value)}`] : []));
  return [...plain, ...tables, ""].join("\n");
};
