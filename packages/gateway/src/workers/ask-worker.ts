import { adminSocket, workerSocketName } from "../config.ts";

/**
 * A page of one worker's admin socket.
 *
 * @throws when it does not answer in time, or with anything but 200
 */
export async function askWorker(runDir: string, worker: number, path: string, timeoutMs: number): Promise<Response> {
  const response = await fetch(`http://gateway${path}`, {
    unix: adminSocket(runDir, workerSocketName(worker)),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`Worker ${worker} answers ${path} with ${response.status}.`);
  return response;
}
