import { join } from "node:path";
import { DomainError, type ErrorCode, invariant } from "@homeport/kit/errors.ts";
import type { Options } from "./options.ts";

/** The servers of the platform's own, each a process that outlives the supervisor. */
export type ServerName = "postgres" | "valkey";

/** What the parts are started with. A pid is null when the server is the user's own. */
export type Prepared = { env: Record<string, string>; pids: Record<ServerName, number | null> };

/** What the supervisor has done by a process that ends. */
export type Task = { do: "prepare"; options: Options; supervisorPid: number } | { do: ServerName; dataDir: string };

/** What it answers, by the word it says. All but `prepared` are last words. */
export type Answers = { prepared: Prepared; started: number | null; ready: string };

export type Told =
  | { [Word in keyof Answers]: { says: Word; value: Answers[Word] } }[keyof Answers]
  | { says: "refused"; code: ErrorCode; message: string }
  /** An error that nobody foresaw. */
  | { says: "failed"; stack: string };

/** Said to the one that prepared, once the parts have started: it then waits until they are reached. */
export const STARTED = "started";

export type Errand = {
  /** What it answers next. @throws {DomainError} what it refuses with; unavailable, when it ends without a word */
  next<Word extends keyof Answers>(says: Word): Promise<Answers[Word]>;
  send(word: typeof STARTED): void;
  /** Ends it. Safe to repeat. */
  dismiss(): void;
};

/**
 * Runs what is needed for seconds, and needs libraries, in a process that ends: the supervisor itself stays for as long
 * as the platform, so it only loads what it watches with.
 */
export const runErrand = (task: Task): Errand => {
  const told: Told[] = [];
  let wake = () => {};
  const hear = (message: Told) => {
    told.push(message);
    wake();
  };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "errand-process.ts"), JSON.stringify(task)], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true, // Ctrl-C is the supervisor's: what has begun is ended in an order
    ipc: hear,
  });
  void child.exited.then((code) => {
    const message = `The start ended with code ${code} before it was done; see the lines above.`;
    hear({ says: "refused", code: "unavailable", message });
  });
  let dismissed = false;
  const dismiss = () => {
    if (!dismissed) child.disconnect();
    dismissed = true;
  };
  return {
    async next<Word extends keyof Answers>(says: Word) {
      if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const message = told.shift();
      invariant(message !== undefined, "it waited until there is one");
      if (message.says !== "prepared") dismiss(); // an end of its own could overtake its last word
      if (message.says === "refused") throw new DomainError(message.code, message.message);
      if (message.says === "failed") throw new Error(`The start failed: ${message.stack}`);
      invariant(message.says === says, "an errand answers in the order of its task");
      return message.value as Answers[Word];
    },
    send: (word) => void child.send(word),
    dismiss,
  };
};
