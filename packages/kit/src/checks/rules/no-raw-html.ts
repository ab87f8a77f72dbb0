import { isCode } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

const SINKS = new Set(["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML"]);

/** The island runtime puts React's own output into its element; soft navigation swaps in pages of ours. */
const RUNTIME = /^packages\/ui\/src\/(island|island\.server\.tsx|page|boot|navigate)/;

/** R12: text of users is escaped by React, everywhere. */
export const noRawHtml: SourceRule = {
  name: "no-raw-html",
  instead: "Render it as text or elements with React.",
  exempt: (path) => isTest(path) || RUNTIME.test(path),
  find: ({ tokens }) =>
    tokens.flatMap((token) =>
      token.kind === "name" && SINKS.has(token.text) && isCode(token, token.text)
        ? [{ line: token.line, problem: `${token.text} takes unescaped HTML.` }]
        : [],
    ),
};
