/** A Cookie header's value without the cookies of these names. */
export function withoutCookies(value: string, names: readonly string[]): string {
  const pairs = value.split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair !== "" && !names.includes(pair.split("=", 1)[0]?.trim() ?? "")).join("; ");
}

/** The value of a cookie, or null. The first of several counts, as browsers send the most specific one first. */
export function cookieOf(value: string, name: string): string | null {
  for (const pair of value.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
