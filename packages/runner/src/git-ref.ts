import { z } from "zod";

/** A branch, tag or commit. git-check-ref-format(1) rules, so it is no option, no range and no pattern. */
export type GitRef = string & { readonly gitRef: true };

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|^[-/.]|[/.]$|^@$/;

export const GitRef = z
  .string()
  .min(1, "is empty")
  .max(255, "has more than 255 characters")
  .refine((text) => !FORBIDDEN.test(text), "is not the name of a branch or tag, nor a commit")
  .transform((text) => text as GitRef);

/** A full commit id: SHA-1 or SHA-256. */
export const isCommit = (ref: GitRef): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);

/** The beginning of a commit id, as people copy it. A branch may have such a name too. */
export const mayBeShortCommit = (ref: GitRef): boolean => /^[0-9a-f]{7,39}$/.test(ref);
