import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import { appFolders } from "./app-list.ts";
import { readOuterConfig } from "./config.ts";
import type { Paths } from "./paths.ts";

const ROUTED_WITHIN_MS = 30_000;
const LOOK_MS = 25;

/** A restored target is only known from the disk: it was there before the restart. */
const Target = z.object({ restored: z.boolean().default(false) });
const Table = z.object({ routes: z.array(z.object({ id: z.string(), targets: z.array(Target) })) });

/** Ready means that the gateway's table has a live instance of every app. @throws {DomainError} unavailable */
export const waitUntilRouted = async (runDir: string): Promise<void> => {
  const deadline = Date.now() + ROUTED_WITHIN_MS;
  for (;;) {
    const missing = await missingApps(runDir);
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      throw new DomainError(
        "unavailable",
        `The platform started, but the gateway does not reach: ${missing.join(", ")}.`,
      );
    }
    await Bun.sleep(LOOK_MS);
  }
};

/** The apps that the gateway does not reach, yet or any more. */
export const missingApps = async (runDir: string): Promise<string[]> => {
  const routed = await readRoutedApps(join(runDir, "gateway.sock"));
  return appFolders.flatMap(({ id }) => (routed.has(id) ? [] : [id]));
};

const readRoutedApps = async (socket: string): Promise<Set<string>> => {
  try {
    const response = await fetch("http://gateway/table", { unix: socket, signal: AbortSignal.timeout(2_000) });
    const { routes } = Table.parse(await response.json());
    return new Set(routes.filter((route) => route.targets.some((target) => !target.restored)).map((route) => route.id));
  } catch {
    return new Set(); // not listening yet
  }
};

/** The address to show, with the one-time token while nobody has claimed the platform. */
export const readyMessage = (port: number, paths: Paths): string => {
  const url = readOuterConfig().appUrl ?? `http://localhost:${port}`;
  const lines = [`Homeport is ready at ${url}`];
  if (existsSync(paths.setupTokenFile)) {
    lines.push(`Create the first account: ${url}/setup?token=${readFileSync(paths.setupTokenFile, "utf8").trim()}`);
  }
  return lines.join("\n");
};
