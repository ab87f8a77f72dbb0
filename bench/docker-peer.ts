import { run } from "../packages/standalone/test/e2e/platform.ts";

const TIMEOUT_MS = 120_000;

/** Runs docker's own command line against the engine that the platform uses. @throws with what it printed */
export const docker = async (host: string, ...args: string[]): Promise<string> => {
  const result = await run(["docker", "--host", host, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", DOCKER_BUILDKIT: "0" },
    timeoutMs: TIMEOUT_MS,
  });
  if (result.code !== 0) throw new Error(`docker ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
};

/** Starts a container and waits for its first 200, as a person with nothing but docker would. */
export const runUntilAnswering = async (host: string, image: string, port: number): Promise<string> => {
  const id = await docker(host, "run", "--detach", "--env", `PORT=${port}`, image);
  const address = await docker(
    host,
    "inspect",
    "--format",
    "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
    id,
  );
  await untilOk(`http://${address}:${port}/`);
  return id;
};

export const untilOk = async (url: string, init: RequestInit = {}, expected?: string): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(2_000) });
      const text = await response.text();
      if (response.status === 200 && (expected === undefined || text === expected)) return;
    } catch {
      // not listening yet
    }
    await Bun.sleep(5);
  }
  throw new Error(`${url} did not answer within a minute`);
};
