import { existsSync } from "node:fs";
import { join } from "node:path";
import { dockerAnswers } from "@homeport/agent/engines/docker/answers.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { findValkeyServer } from "@homeport/kit/local/valkey-binary.ts";
import { readOuterConfig } from "./config.ts";
import type { Engine, Options } from "./options.ts";

const INSTALL_PACKAGES = join(import.meta.dir, "../../../bin/lib/install-packages.sh");

/** What `bin/up` wants to know of the machine and do to it. */
export type Machine = {
  has(program: Program): boolean;
  isRoot: boolean;
  isLinux: boolean;
  hasApt: boolean;
  dockerAnswers(): Promise<boolean>;
  /** Installs Debian packages; the error has the end of what apt printed. */
  install(packages: readonly string[]): Promise<void>;
  /** Says something to the person at the terminal. */
  tell(line: string): void;
};

/** The programs that Homeport does not bring along, by the Debian package that has them. */
export type Program = "redis-server" | "git" | "bubblewrap";

/**
 * Makes sure that the machine has what this start will use: as root on Debian it is installed. Without root a missing
 * bubblewrap is no refusal, since what is deployed as an image runs without it.
 *
 * @throws {DomainError} unavailable, with the command that helps
 */
export const ensurePrograms = async (
  options: { engine: Engine; ownValkey: boolean },
  machine: Machine,
): Promise<void> => {
  const missing = await missingPrograms(options, machine);
  if (missing.length === 0) return;
  if (machine.isRoot && machine.hasApt) {
    machine.tell(`Installing what Homeport needs: ${missing.join(" ")}`);
    await machine.install(missing);
    return;
  }
  if (!machine.isRoot && missing.every((program) => program === "bubblewrap")) {
    machine.tell(
      `Without bubblewrap no folder or repository can be built here, and services run without a sandbox. ${advice(missing, machine)}`,
    );
    return;
  }
  throw new DomainError("unavailable", `This machine lacks what Homeport needs. ${advice(missing, machine)}`);
};

const missingPrograms = async (
  { engine, ownValkey }: { engine: Engine; ownValkey: boolean },
  machine: Machine,
): Promise<Program[]> => {
  const needs: Program[] = ownValkey ? ["git"] : ["redis-server", "git"];
  const missing = needs.filter((program) => !machine.has(program));
  const mayRunProcesses = machine.isLinux && engine !== "docker" && !machine.has("bubblewrap");
  if (mayRunProcesses && (engine === "process" || !(await machine.dockerAnswers()))) missing.push("bubblewrap");
  return missing;
};

const advice = (missing: readonly Program[], { isRoot, hasApt }: Machine): string =>
  hasApt
    ? `Run: ${isRoot ? "" : "sudo "}apt-get install -y ${missing.join(" ")}`
    : `Install with your system's package manager: ${missing.join(" ")}`;

/** The same, of this machine and for what this start will use. @throws {DomainError} unavailable */
export const ensureOwnPrograms = ({ engine }: Options): Promise<void> => {
  const { redisUrl, dockerHost } = readOuterConfig();
  return ensurePrograms({ engine, ownValkey: redisUrl !== undefined }, thisMachine(dockerHost));
};

export const thisMachine = (dockerHost: string | undefined): Machine => ({
  has(program) {
    if (program === "redis-server") return findValkeyServer() !== null;
    return Bun.which(program === "bubblewrap" ? "bwrap" : program) !== null;
  },
  isRoot: process.getuid?.() === 0,
  isLinux: process.platform === "linux",
  hasApt: existsSync("/usr/bin/apt-get"),
  dockerAnswers: () => dockerAnswers(dockerHost),
  async install(packages) {
    const child = Bun.spawn([INSTALL_PACKAGES, ...packages], { stdio: ["ignore", "ignore", "pipe"] });
    const printed = await new Response(child.stderr).text();
    if ((await child.exited) === 0) return;
    throw new DomainError(
      "unavailable",
      `What Homeport needs could not be installed. Run: apt-get install -y ${packages.join(" ")}\n${printed.trim()}`,
    );
  },
  tell: (line) => void process.stderr.write(`${line}\n`),
});
