import type { SourceRule } from "./rule.ts";

const MAX_LINES = 350;

/** A file holds one idea; from about 300 lines on there is a second one in it. */
export const fileSize: SourceRule = {
  name: "file-size",
  instead: "Find the second idea in it and give it a file.",
  exempt: () => false,
  find: ({ text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > MAX_LINES ? [{ line: MAX_LINES + 1, problem: `${lines} lines; at most ${MAX_LINES}.` }] : [];
  },
};
