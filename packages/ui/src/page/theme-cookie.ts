import { isTheme, THEME_COOKIE, type Theme } from "../theme.ts";

/** The theme of a request, from its `Cookie` header. The server renders it into `<html>`, so the page never flashes in the other one. */
export function readTheme(cookieHeader: string | null | undefined): Theme {
  for (const pair of (cookieHeader ?? "").slice(0, 8192).split(";")) {
    const [name, value] = pair.split("=", 2);
    if (name?.trim() !== THEME_COOKIE) continue;
    const theme = value?.trim();
    if (isTheme(theme)) return theme;
  }
  return "system";
}
