import type { Secret } from "@homeport/kit/secret.ts";

/** The place where the server's owner finds the setup token. Every call may be repeated; one process writes. */
export interface TokenFile {
  /** Null when there is none. */
  read(): Secret | null;
  /** Puts the token where only the owner of the server can read it. */
  write(token: Secret): void;
  remove(): void;
}
