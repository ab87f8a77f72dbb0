import { stopDaemon } from "./daemon.ts";

/**
 * Waits until the process that started a daemon is gone, by exit or by kill -9, and stops the daemon. Its stdin is the
 * only thing that ties it to that process.
 */
const root = process.argv[2] ?? "";

for await (const _ of Bun.stdin.stream()) {
  // Nothing is written; the stream ends with its writer.
}

await stopDaemon(root); // does nothing when the daemon was stopped in order
