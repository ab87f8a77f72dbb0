import { basename } from "node:path/posix";
import type { SourceRule } from "./rule.ts";

const VAGUE = /^(utils?|helpers?|misc|common|shared|lib|stuff)\.tsx?$/;

/** A name that fits everything finds nothing. */
export const fileNames: SourceRule = {
  name: "file-names",
  instead: "Name it for what it does: slug.ts, bytes.ts.",
  exempt: () => false,
  find: ({ path }) => (VAGUE.test(basename(path)) ? [{ line: 1, problem: `${basename(path)} says nothing.` }] : []),
};
