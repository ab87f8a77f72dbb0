import { resolve } from "node:path";

export type Engine = "auto" | "docker" | "process";

export type Options = {
  mode: "run" | "detach" | "stop" | "help";
  keepWorkloads: boolean;
  port: number;
  dataDir: string;
  engine: Engine;
  /** What of it the command line named; the rest are defaults. */
  asked: { port?: number; engine?: Engine };
};

export const HELP = `Usage: bin/up [options]

Starts Homeport on this machine: Postgres, Valkey, the gateway, every app, an agent and a runner.
Everything it keeps is in the data folder.

Options:
  --detach            go on in the background once the platform is ready
  --stop              stop the platform and the workloads
  --keep-workloads    with --stop: leave the workloads running; the next start finds them again
  --port PORT         the gateway's port (default: that of the last start, at first 3000)
  --data DIR          the data folder (default .homeport in the current folder)
  --engine ENGINE     what runs workloads: auto, docker or process (default: that of the last start, at first
                      auto: docker where it answers)
  --help              show this

Ctrl-C stops the platform and the workloads. SIGTERM and the end of the terminal leave the workloads running.

Examples:
  bin/up
  bin/up --detach --port 8080 --data /srv/homeport
  bin/up --stop --keep-workloads
`;

/** A command line that cannot be understood; its message is for the person who typed it. */
export class UsageError extends Error {}

const ENGINES: readonly string[] = ["auto", "docker", "process"] satisfies Engine[];

/** @throws {UsageError} */
export const parseOptions = (argv: readonly string[], cwd: string): Options => {
  const options: Options = {
    mode: "run",
    keepWorkloads: false,
    port: 3000,
    dataDir: resolve(cwd, ".homeport"),
    engine: "auto",
    asked: {},
  };
  const words = argv.flatMap((word) => (/^--[a-z-]+=/.test(word) ? splitOnce(word) : [word]));
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? "";
    const value = (): string => {
      i += 1;
      const next = words[i];
      if (next === undefined || next === "") throw new UsageError(`${word} needs a value.`);
      return next;
    };
    switch (word) {
      case "--detach":
        options.mode = "detach";
        break;
      case "--stop":
        options.mode = "stop";
        break;
      case "--keep-workloads":
        options.keepWorkloads = true;
        break;
      case "--port":
        options.port = options.asked.port = parsePort(value());
        break;
      case "--data":
        options.dataDir = resolve(cwd, value());
        break;
      case "--engine":
        options.engine = options.asked.engine = parseEngine(value());
        break;
      case "--help":
      case "-h":
        return { ...options, mode: "help" };
      default:
        throw new UsageError(`${word} is not an option of bin/up. See bin/up --help.`);
    }
  }
  if (options.keepWorkloads && options.mode !== "stop") throw new UsageError("--keep-workloads goes with --stop.");
  return options;
};

const splitOnce = (word: string): string[] => {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
};

const parsePort = (text: string): number => {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--port must be a number from 1 to 65535, not ${text}.`);
};

const parseEngine = (text: string): Engine => {
  if (ENGINES.includes(text)) return text as Engine;
  throw new UsageError(`--engine must be auto, docker or process, not ${text}.`);
};
