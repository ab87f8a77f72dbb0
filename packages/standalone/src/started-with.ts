import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Options } from "./options.ts";
import { pathsOf } from "./paths.ts";

const StartedWith = z.object({
  engine: z.enum(["auto", "docker", "process"]),
  port: z.number(),
  /** Absent for Docker's default socket. */
  dockerHost: z.string().optional(),
});

/** How an installation was started last: a command in another shell has other variables and options. */
export type StartedWith = z.infer<typeof StartedWith>;

/** A rename makes the file whole or absent: it also says that there is an installation at all. */
export const writeStartedWith = (file: string, startedWith: StartedWith): void => {
  writeFileSync(`${file}.new`, JSON.stringify(startedWith), { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** What the command line leaves open is as it was the last time: workloads that go on are found again. */
export const likeLastTime = (options: Options, last: StartedWith | null): Options => ({
  ...options,
  port: options.asked.port ?? last?.port ?? options.port,
  engine: options.asked.engine ?? last?.engine ?? options.engine,
});

export const remembered = (options: Options): Options =>
  likeLastTime(options, findStartedWith(pathsOf(options.dataDir).startedWithFile));

/** Null where no platform was ever started. */
export const findStartedWith = (file: string): StartedWith | null =>
  existsSync(file) ? StartedWith.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
