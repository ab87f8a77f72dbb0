import { Secret } from "@homeport/kit/secret.ts";

/** A value of a variable: opened when it is first looked at, so that one that does not open is in nobody's way. */
export type LazyValue = { reveal(): string };

export const lazyValue = (open: () => Secret): LazyValue => {
  let opened: Secret | null = null;
  return {
    reveal() {
      opened ??= open();
      return opened.reveal();
    },
  };
};

export const plainValue = (text: string): LazyValue => new Secret(text);
