/** When the browser starts an island: at once, when it has nothing better to do, or when it scrolls into view. */
export type IslandStart = "load" | "idle" | "visible";

export interface IslandOptions {
  /** Default `load`. */
  on?: IslandStart;
  /** `false`: the server sends `fallback` instead of the component, for components that cannot render without a browser. */
  ssr?: boolean;
}

/**
 * `P` with everything that does not survive JSON turned into `never`: props travel in an attribute, so a function or a
 * Date would silently be another value in the browser than on the server.
 */
export type Serialisable<P> = {
  [K in keyof P]: P[K] extends string | number | boolean | null | undefined
    ? P[K]
    : P[K] extends (...args: never[]) => unknown
      ? never
      : P[K] extends Date | Map<unknown, unknown> | Set<unknown> | symbol | bigint
        ? never
        : P[K] extends readonly unknown[] | object
          ? Serialisable<P[K]>
          : P[K];
};
