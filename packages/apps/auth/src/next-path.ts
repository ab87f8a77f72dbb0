/** Where people go who signed in without having wanted anything else. */
export const HOME = "/projects";

/** Printable ASCII but backslashes, which browsers read as slashes; a second slash would name another host. */
const PATH = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]{0,500}$/;

/** Only a path of this host may be gone to after signing in. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && PATH.test(next) && !next.startsWith("/sign-") ? next : HOME;
