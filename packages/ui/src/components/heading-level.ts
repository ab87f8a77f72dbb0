import { createContext } from "react";

export type HeadingTag = "h2" | "h3" | "h4";

/** The next heading's tag: below the page's title `h2`, below a section's heading one deeper, so that levels are never skipped. */
export const HeadingLevelContext = createContext<HeadingTag>("h2");

export const deeper = (tag: HeadingTag): HeadingTag => (tag === "h2" ? "h3" : "h4");
