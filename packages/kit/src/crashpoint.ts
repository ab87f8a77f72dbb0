import { readFileSync, rmSync } from "node:fs";
import { readCrashpoint } from "./config.ts";

const asked = readCrashpoint() ?? "";
/** A file that a test writes while the process runs; it is taken away when its place is reached, so that one is enough. */
const file = asked.startsWith("/") ? asked : null;
const [wanted, countText = "1"] = asked.split("#");
let left = Number(countText);

/**
 * A named place at which a test may have the process die as by `kill -9`: nothing of it is caught, flushed or undone.
 * HOMEPORT_CRASHPOINT says which, `name#3` for the third time it is reached, or is the path of a file that says it.
 * Without it this is one comparison.
 */
export const crashpoint = (name: string): void => {
  if (file !== null) {
    if (named(file) !== name) return;
    rmSync(file);
    process.kill(process.pid, "SIGKILL");
  }
  if (name !== wanted) return;
  left -= 1;
  if (left <= 0) process.kill(process.pid, "SIGKILL");
};

const named = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null; // nobody has asked for one
  }
};
