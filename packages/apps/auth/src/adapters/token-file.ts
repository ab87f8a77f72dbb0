import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";
import type { TokenFile } from "../ports.ts";

/** A file that only its owner can read. */
export const tokenFile = (path: string): TokenFile => ({
  read() {
    try {
      return new Secret(readFileSync(path, "utf8").trim());
    } catch {
      return null; // not there yet
    }
  },
  write(token) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true }); // the mode below holds for new files only
    writeFileSync(path, `${token.reveal()}\n`, { mode: 0o600 });
  },
  remove() {
    rmSync(path, { force: true });
  },
});
