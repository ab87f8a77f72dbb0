import { classNames } from "../class-names.ts";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger" | "danger-quiet";
export type ButtonSize = "sm" | "md";

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-colors pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0";

const SIZE: Record<ButtonSize, string> = { sm: "h-8 px-2.5 text-sm", md: "h-9 px-3.5 text-base" };

const VARIANT: Record<ButtonVariant, string> = {
  primary: "cursor-pointer bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "cursor-pointer border border-line bg-surface text-ink shadow-card hover:bg-hover",
  quiet: "cursor-pointer text-soft hover:bg-hover hover:text-ink",
  danger: "cursor-pointer bg-danger-fill text-on-danger hover:bg-danger-fill-strong",
  "danger-quiet": "cursor-pointer border border-line bg-surface text-danger shadow-card hover:bg-danger-soft",
};

const DISABLED = "cursor-not-allowed border border-line bg-sunken text-faint";

/** The classes of everything that looks like a button, so a link and a button of one variant cannot drift apart. */
export const buttonLook = (variant: ButtonVariant, size: ButtonSize, disabled: boolean): string =>
  classNames(BASE, SIZE[size], disabled ? DISABLED : VARIANT[variant]);
