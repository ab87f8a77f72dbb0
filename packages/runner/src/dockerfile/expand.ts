/** What builders set themselves (docs.docker.com/reference/dockerfile, "Automatic platform ARGs"). */
const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;
const PLATFORM: Readonly<Record<string, string>> = Object.fromEntries(
  ["TARGET", "BUILD"].flatMap((kind) => [
    [`${kind}PLATFORM`, `linux/${ARCHITECTURE}`],
    [`${kind}OS`, "linux"],
    [`${kind}ARCH`, ARCHITECTURE],
    [`${kind}VARIANT`, ""],
  ]),
);

const VARIABLE = /\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^{}$]*))?\})/g;

/**
 * Puts values in the places of variables, as FROM does it. Null when something is left that is no plain variable: what
 * it will be is then not known.
 */
export const expand = (text: string, values: ReadonlyMap<string, string>): string | null => {
  const expanded = text.replace(
    VARIABLE,
    (_, plain: string | undefined, named: string | undefined, how: string | undefined, word = "") => {
      const name = plain ?? named ?? "";
      const value = values.get(name) ?? PLATFORM[name];
      const isSet = how?.startsWith(":") === true ? value !== undefined && value !== "" : value !== undefined;
      if (how?.endsWith("+") === true) return isSet ? word : "";
      return isSet || how === undefined ? (value ?? "") : word;
    },
  );
  return expanded.includes("$") ? null : expanded;
};
