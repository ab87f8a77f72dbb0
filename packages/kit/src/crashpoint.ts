import { readCrashpoint } from "./config.ts";

const [wanted, countText = "1"] = (readCrashpoint() ?? "").split("#");
let left = Number(countText);

/**
 * A named place at which a test may have the process die as by `kill -9`: nothing of it is caught, flushed or undone.
 * HOMEPORT_CRASHPOINT says which, `name#3` for the third time it is reached. Without it this is one comparison.
 */
export const crashpoint = (name: string): void => {
  if (name !== wanted) return;
  left -= 1;
  if (left <= 0) process.kill(process.pid, "SIGKILL");
};
