import { isTheme, NEXT_THEME, THEME_COOKIE, themeLabel } from "../theme.ts";
import { announce } from "./announce.ts";

const YEAR_SECONDS = 31_536_000;

/** The theme button: the attribute changes the page at once, the cookie tells the server for the next one. */
export function startThemeSwitch(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-hp-theme]") : null;
    if (button === null) return;
    const root = document.documentElement;
    const shown = root.dataset["theme"];
    const theme = NEXT_THEME[isTheme(shown) ? shown : "system"];
    root.dataset["theme"] = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing over plain http, where a first start is.
    document.cookie = `${THEME_COOKIE}=${theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
    button.setAttribute("aria-label", themeLabel(theme));
    button.setAttribute("title", themeLabel(theme));
    announce(`Theme: ${theme}.`);
  });
}
