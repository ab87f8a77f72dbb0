import type { ReactNode } from "react";
import { Monitor, Moon, Sun } from "../icons.ts";
import { type Theme, themeLabel } from "../theme.ts";

/** Goes round system, light, dark. The runtime handles the press; which icon shows follows from `<html data-theme>`. */
export function ThemeButton({ theme }: { theme: Theme }): ReactNode {
  return (
    <button
      type="button"
      data-hp-theme=""
      aria-label={themeLabel(theme)}
      title={themeLabel(theme)}
      className="hp-theme hp-needs-script grid size-9 cursor-pointer place-items-center rounded-md text-soft hover:bg-hover hover:text-ink pointer-coarse:size-11 [&_svg]:size-4.5"
    >
      <Monitor aria-hidden className="hp-theme-system" />
      <Sun aria-hidden className="hp-theme-light" />
      <Moon aria-hidden className="hp-theme-dark" />
    </button>
  );
}
