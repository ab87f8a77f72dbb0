import type { ReactNode } from "react";
import { Shell, type ShellProps } from "../shell.tsx";
import { type DocumentOptions, renderDocument } from "./document.tsx";

export interface PageOptions extends DocumentOptions, Omit<ShellProps, "theme" | "children"> {
  children: ReactNode;
}

/** A page in the shell, as a whole document. */
export function renderPage(options: PageOptions): string {
  const { children, ...rest } = options;
  return renderDocument(
    { ...options, title: `${options.title} · Homeport` },
    "shell",
    <Shell {...rest}>{children}</Shell>,
  );
}
