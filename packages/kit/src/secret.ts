import { inspect } from "node:util";

const MASK = "[secret]";

/**
 * A value that cannot leak by accident: printing, JSON, string concatenation and `console.log` all show a mask.
 * `reveal()` is the one way out, easy to search for.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
