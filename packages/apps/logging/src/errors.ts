import { DomainError } from "@homeport/kit/errors.ts";

/** A writer left lines out. It goes on from `expectedOffset`. */
export class GapError extends DomainError {
  readonly expectedOffset: number;

  constructor(offset: number, expectedOffset: number) {
    super("conflict", `Lines are missing: offset ${offset} was sent, ${expectedOffset} is next.`);
    this.expectedOffset = expectedOffset;
  }
}
