import { createServer } from "node:net";
import { log } from "../log.ts";
import { pause } from "./pause.ts";
import type { WorkerMarks } from "./worker-marks.ts";

export type PortOptions = {
  /** Absent: every address. */
  host: string | undefined;
  /** 0: any that is free. */
  port: number;
  /** Workers that an earlier supervisor left behind. They end by themselves, except those that hang. */
  marks: WorkerMarks;
  portMs: number;
};

const LOOK_MS = 20;

/**
 * The port on which workers are to listen, once nobody else does. They share it, so that none of them would notice a foreign
 * one among them.
 *
 * @throws when somebody keeps it
 */
export async function takePort({ host, port, marks, portMs }: PortOptions): Promise<number> {
  if (marks.read().length === 0) return probe(host, port);
  try {
    return await probeFor(portMs, host, port);
  } catch {
    for (const { number, pid } of marks.read()) {
      log.error({ worker: number, pid }, "a worker of an earlier supervisor hangs and is killed");
      process.kill(pid, "SIGKILL");
    }
    return probeFor(portMs, host, port); // a process lets go of its sockets a moment after it counts as dead
  }
}

/** @throws when the port is still taken after the time */
async function probeFor(timeoutMs: number, host: string | undefined, port: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe(host, port);
    } catch (err) {
      if (performance.now() >= deadline) throw err;
      await pause(LOOK_MS);
    }
  }
}

/** Listens for a moment, alone. */
function probe(host: string | undefined, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
    const address = server.address();
    server.close(() => resolve(address !== null && typeof address === "object" ? address.port : port));
  });
  return promise;
}
