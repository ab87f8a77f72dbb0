import { setDefaultTimeout } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { placedFilesRoot } from "../src/engines/placed-files.ts";
import { testAgentMore } from "./agent-more-suite.ts";
import { testAgent } from "./agent-suite.ts";
import { testEngine } from "./engine-suite.ts";
import { putProcessImage } from "./images.ts";
import type { Machine } from "./machine.ts";
import { startRegistry } from "./oci-registry.ts";
import { testProcessOnly } from "./suite/process-only.ts";

/** Processes whose command line or environment mentions the text; both name the replica. */
const processesWith = (text: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const said = readFileSync(`/proc/${pid}/cmdline`, "latin1") + readFileSync(`/proc/${pid}/environ`, "latin1");
        return said.includes(text) ? [`process ${pid} ${said.slice(0, 80)}`] : [];
      } catch {
        return [];
      }
    });

const prepare = async (): Promise<Machine> => {
  const dataDir = await mkdtemp(join(tmpdir(), "homeport-agent-"));
  const registry = startRegistry();
  const nodeId = newId();
  const files = await placedFilesRoot("process", { nodeId, agentDir: join(dataDir, "agent") });
  return {
    options: { kind: "process", nodeId, dataDir, registry: registry.host },
    registry,
    image: await putProcessImage(registry),
    async traces(replicaId) {
      const folders = [
        ...new Bun.Glob("**/agent/process/replicas/*").scanSync({ cwd: dataDir, onlyFiles: false }),
      ].filter((name) => name.includes(replicaId));
      const groups = ["memory", "pids", "cpu", ""]
        .map((controller) => join("/sys/fs/cgroup", controller, "homeport", replicaId))
        .concat(join(files, replicaId))
        .filter((dir) => existsSync(dir));
      return [...processesWith(replicaId), ...folders.map((name) => `folder ${name}`), ...groups];
    },
    async startForeign() {
      const child = Bun.spawn(["sleep", "1000"], { env: { REPLICA: newId() } });
      return {
        isAlive: async () => child.exitCode === null && child.signalCode === null,
        stop: async () => {
          child.kill();
          await child.exited;
        },
      };
    },
    async stop() {
      await registry.stop();
      await rm(dirname(files), { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

setDefaultTimeout(90_000);
testEngine("process engine", prepare, testProcessOnly);
testAgent("agent with the process engine", prepare);
testAgentMore("runs, volumes and tasks with the process engine", prepare);
