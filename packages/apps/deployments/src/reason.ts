import type { Reason } from "@homeport/ci/contract.ts";

/** What the contract allows. */
const CODE = /^[a-z][a-z0-9_.-]{0,59}$/;
const MAX_MESSAGE = 2000;

/** A reason in the form that people and programs are promised, whoever made it. */
export const reasonOf = (code: string, message: string, details: Omit<Reason, "code" | "message"> = {}): Reason => ({
  ...details,
  code: CODE.test(code) ? code : "unknown",
  message: message === "" ? "It failed without a reason." : message.slice(0, MAX_MESSAGE),
});
