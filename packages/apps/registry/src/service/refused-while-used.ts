import { DomainError } from "@homeport/kit/errors.ts";
import { OciError } from "../errors.ts";

/** The protocol has no code for "still in use"; a registry may refuse any deletion as unsupported. */
export const refusedWhileUsed = (err: unknown): never => {
  throw err instanceof DomainError && err.code === "conflict" ? new OciError("UNSUPPORTED", err.message) : err;
};
