/** Joins class names, leaving out what is absent. Order does not matter: no two classes of a component set the same property. */
export const classNames = (...names: readonly (string | false | null | undefined)[]): string =>
  names.filter((name) => typeof name === "string" && name !== "").join(" ");
