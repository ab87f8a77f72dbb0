/** The reader's choice of colours; `system` follows the device. */
export type Theme = "light" | "dark" | "system";

export const THEME_COOKIE = "homeport_theme";

/** Order in which the button in the top bar goes round. */
export const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export const themeLabel = (theme: Theme): string => `Theme: ${theme}. Change to ${NEXT_THEME[theme]}.`;

export const isTheme = (value: string | undefined): value is Theme =>
  value === "light" || value === "dark" || value === "system";
