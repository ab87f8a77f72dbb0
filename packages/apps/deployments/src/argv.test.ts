import { expect, test } from "bun:test";
import { splitCommand } from "./argv.ts";

const cases: { name: string; line: string; words: string[] }[] = [
  { name: "parts words at spaces", line: "node  server.js --port 80", words: ["node", "server.js", "--port", "80"] },
  { name: "keeps quoted words together", line: `echo "a b" 'c  d'`, words: ["echo", "a b", "c  d"] },
  { name: "joins what touches", line: `--name="x y"z`, words: ["--name=x yz"] },
  { name: "takes escaped characters as they are", line: String.raw`a\ b "q\"q"`, words: ["a b", 'q"q'] },
  { name: "expands nothing", line: "run $HOME `id` ; rm", words: ["run", "$HOME", "`id`", ";", "rm"] },
  { name: "keeps an empty quoted word", line: `set ""`, words: ["set", ""] },
];

for (const { name, line, words } of cases) {
  test(`a command line ${name}`, () => {
    expect(splitCommand(line)).toEqual(words);
  });
}
