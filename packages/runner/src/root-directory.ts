import { z } from "zod";

/** A folder inside a source tree: relative, forward slashes, never upwards. Empty means the tree itself. */
export const RootDirectory = z
  .string()
  .max(500, "has more than 500 characters")
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
  .refine((text) => !/[\u0000-\u001f\u007f\\]/.test(text), "has characters in it that no folder name has")
  .refine((text) => !text.startsWith("/"), "must be relative to the root of the source")
  .transform((text) => text.split("/").filter((part) => part !== "" && part !== "."))
  .refine((parts) => !parts.includes(".."), "must not lead out of the source")
  .transform((parts) => parts.join("/"));
