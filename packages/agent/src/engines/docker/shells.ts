import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "@homeport/kit/ids.ts";
import type Docker from "dockerode";
import type { Terminal, TerminalOptions } from "../../ports.ts";
import { endShell } from "../end-shell.ts";
import { openShell } from "./shell.ts";

/**
 * The shells in containers. The engine goes on with what it executes when an agent is killed, so that one was begun is
 * written down before it is, and the next agent ends those that it finds.
 */
export const openShells = async (docker: Docker, dir: string) => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const id of await readdir(dir)) {
    if (isId(id) && (await endShell(id, null))) await rm(join(dir, id), { force: true });
  }
  return {
    async open(containerId: string, options: TerminalOptions): Promise<Terminal> {
      const file = join(dir, options.id);
      await writeFile(file, "", { mode: 0o600 });
      try {
        const terminal = await openShell(docker, containerId, options);
        return {
          ...terminal,
          async close() {
            await terminal.close();
            await rm(file, { force: true });
          },
        };
      } catch (err) {
        await rm(file, { force: true });
        throw err;
      }
    },
  };
};
