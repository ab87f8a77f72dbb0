import type {
  DesiredReplica,
  DesiredShell,
  DesiredState,
  ObservedReplica,
  Task,
  TaskReport,
  TaskSpec,
} from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { ControlPlane, Observation } from "../src/ports.ts";
import { createShellLines } from "./shell-lines.ts";

/** A control plane in memory: hands out the newest state and remembers what it was told. */
export const createControlPlane = (nodeId: string) => {
  let state: unknown = null;
  let generation = 0;
  let wake = Promise.withResolvers<void>();
  let wanted: DesiredReplica[] = [];
  let tasks: Task[] = [];
  let shells: DesiredShell[] = [];
  const lines = createShellLines();
  const reports: Observation[] = [];
  const send = (): number => {
    generation += 1;
    const { images } = plane;
    const whole: DesiredState = { nodeId, generation, complete: true, replicas: wanted, images, tasks, shells };
    plane.sendRaw(whole);
    return generation;
  };
  const plane = {
    /** For a state that somebody else tells. */
    nextGeneration(): number {
      generation += 1;
      return generation;
    },
    /** Images that shall be there, from the next change on. */
    images: [] as DesiredState["images"],
    offline: false,
    reports,
    /** Sends any body, also a wrong one. */
    sendRaw(body: unknown): void {
      state = body;
      wake.resolve();
      wake = Promise.withResolvers<void>();
    },
    want(...replicas: DesiredReplica[]): number {
      wanted = replicas;
      return send();
    },
    /** Has the node do something, beside what it runs. */
    ask(spec: TaskSpec, more: Partial<Task> = {}): Task {
      const task: Task = { id: newId(), epoch: 0, timeoutSeconds: 60, spec, ...more };
      plane.tell(task);
      return task;
    },
    tell(...more: Task[]): void {
      tasks = [...tasks, ...more];
      send();
    },
    /** Tells of a task no more. */
    drop(id: string): void {
      tasks = tasks.filter((task) => task.id !== id);
      send();
    },
    /** Has the node come for a shell, and waits until it has. */
    openShell(shell: DesiredShell) {
      const line = lines.expect(shell.id);
      shells = [...shells, shell];
      send();
      return line;
    },
    answerTo: (id: string): TaskReport | undefined => reports.at(-1)?.tasks?.find((report) => report.id === id),
    seen: (id: string): ObservedReplica | undefined => reports.at(-1)?.replicas.find((replica) => replica.id === id),
    /** Every state that was reported of a replica, in order, without repetitions. */
    history: (id: string): string[] =>
      reports
        .flatMap(({ replicas }) => replicas.filter((replica) => replica.id === id).map((replica) => replica.state))
        .filter((one, index, all) => one !== all[index - 1]),
  };
  const refuse = (): void => {
    if (plane.offline) throw new Error("the control plane is away");
  };
  const port: ControlPlane = {
    async desired(after, _waitSeconds, signal) {
      refuse();
      const current = state as { generation?: number } | null;
      if (current === null || (current.generation ?? 0) <= after) {
        const aborted = new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => resolve(), { once: true }),
        );
        await Promise.race([wake.promise, aborted]);
      }
      refuse();
      return structuredClone(state);
    },
    async observed(report) {
      refuse();
      reports.push(structuredClone(report));
    },
    async shell(id, signal) {
      refuse();
      return lines.come(id, signal);
    },
  };
  return Object.assign(plane, { port });
};
