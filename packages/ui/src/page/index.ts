/** Server only: whole documents. */

export type { Flash } from "../shell/flash.tsx";
export type { NavItem } from "../shell/nav.ts";
export { NavIcon } from "../shell/nav-icon.tsx";
export { Shell, type ShellProps } from "../shell.tsx";
export type { Theme } from "../theme.ts";
export { contentSecurityPolicy } from "./content-security-policy.ts";
export type { DocumentOptions } from "./document.tsx";
export { type BareOptions, type ErrorPageOptions, renderBare, renderErrorPage } from "./render-bare.tsx";
export { type PageOptions, renderPage } from "./render-page.tsx";
export { readTheme } from "./theme-cookie.ts";
