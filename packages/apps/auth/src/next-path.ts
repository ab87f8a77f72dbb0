import { GATE_PAGE } from "@homeport/kit/gate.ts";

/** Where people go who signed in without having wanted anything else. */
export const HOME = "/projects";

/** Printable ASCII but backslashes, which browsers read as slashes; a second slash would name another host. */
const PATH = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]{0,500}$/;

/** The way on to a gate names the path wanted behind it, and carries the gateway's signed request. */
const GATE = new RegExp(`^${GATE_PAGE}\\?[\\x21-\\x5b\\x5d-\\x7e]{0,5000}$`);

/** Only a path of this host may be gone to after signing in. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && (isGate(next) || (PATH.test(next) && !next.startsWith("/sign-"))) ? next : HOME;

/** Whether it leads on to another host, through the page that lets people through. */
export const isGate = (next: string): boolean => GATE.test(next);
