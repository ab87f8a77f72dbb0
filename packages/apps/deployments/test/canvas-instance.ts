import { join } from "node:path";
import type { TestApp } from "@homeport/kit/test/app.ts";
import { type SocketDoor, socketDoor } from "@homeport/kit/test/socket-client.ts";

/** Another instance of the canvas app, in a process of its own, on the same database and Valkey. */
export type CanvasInstance = {
  door: SocketDoor;
  /** As a machine that loses its power. */
  kill(): Promise<void>;
};

export const startCanvasInstance = async ({ platform, database }: TestApp): Promise<CanvasInstance> => {
  const { config } = platform;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "canvas-process.ts")], {
    stdin: "pipe", // it ends with this process, whose end closes the pipe
    stdout: "pipe",
    stderr: "inherit",
  });
  const settings = {
    ...config,
    databaseUrl: database.url.reveal(),
    appSecret: database.secret.reveal(),
    appUrl: config.appUrl.href,
  };
  child.stdin.write(`${JSON.stringify(settings)}\n`);
  child.stdin.flush();
  const reader = child.stdout.getReader();
  let said = "";
  let path: string | undefined;
  while (path === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the instance did not start: ${said}`);
    said += new TextDecoder().decode(value);
    path = /listens on unix:(\S+)\n/.exec(said)?.[1];
  }
  reader.releaseLock();
  const socketPath = path;
  const door = await socketDoor(() => socketPath);
  return {
    door,
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
      await door.close();
    },
  };
};
