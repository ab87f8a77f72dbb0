import { sleep } from "../sleep.ts";
import { findMembers, type ProcessIdentity, signalProcess } from "./process/proc.ts";

/** Everything that is started in a shell has this among its variables, with the shell's id, and is found by it. */
export const SHELL_MARK = "HOMEPORT_SHELL";
export const markOf = (shellId: string): string => `${SHELL_MARK}=${shellId}`;

/** What a program gets for saying good-bye, such as a shell that writes its history. */
const HANG_UP_MS = 300;
const DIE_TIMEOUT_MS = 10_000;

/**
 * Ends what was started in a shell: first as a terminal that is closed does (SIGHUP), then with SIGKILL. `session` is that
 * of its first process, null when nobody knows: then only those are found that still carry the mark. False when some do not die.
 */
export const endShell = async (shellId: string, session: number | null): Promise<boolean> => {
  const left = () => findMembers(session, markOf(shellId));
  const from = performance.now();
  hangUp(left());
  for (let alive = left(); alive.length > 0; alive = left()) {
    if (performance.now() - from > DIE_TIMEOUT_MS) return false;
    if (performance.now() - from > HANG_UP_MS) for (const each of alive) signalProcess(each, "SIGKILL");
    await sleep(20, AbortSignal.timeout(DIE_TIMEOUT_MS));
  }
  return true;
};

const hangUp = (alive: readonly ProcessIdentity[]): void => {
  for (const each of alive) signalProcess(each, "SIGHUP");
};
