import { readRole } from "./config.ts";

const role = readRole();

// A supervisor needs nothing of what a gateway is made of; what it does not load does not take memory.
if (role.kind === "supervisor") {
  const { runSupervisor } = await import("./workers/run-supervisor.ts");
  await runSupervisor(role.workerCount, import.meta.path);
} else {
  const { runWorker } = await import("./workers/run-worker.ts");
  await runWorker({ isSupervised: role.kind === "worker" });
}
