import { expect, test } from "bun:test";
import fc from "fast-check";
import { needsBuildKit } from "../adapters/docker/dockerfile-needs.ts";
import { BuildFailure } from "../build-failure.ts";
import { checkDockerfile } from "./check-dockerfile.ts";
import { readDockerfile } from "./read-dockerfile.ts";

const read = (text: string) =>
  readDockerfile(text).instructions.map(({ line, keyword, flags, rest, documents }) => ({
    line,
    said: [keyword, ...flags.map(({ name, value }) => `--${name}=${value}`), rest].join(" "),
    ...(documents.length === 0 ? {} : { documents }),
  }));

const rows: { name: string; text: string; said: object[] }[] = [
  {
    name: "a line is an instruction; comments and empty lines are none",
    text: "# one\n\nfrom  busybox\n  # two\nRUN x\n",
    said: [
      { line: 3, said: "FROM busybox" },
      { line: 5, said: "RUN x" },
    ],
  },
  {
    name: "a line goes on behind a backslash, past comments and empty lines",
    text: "RUN a \\\n  # comment\n\n  && b \\  \n  && c\nUSER x",
    said: [
      { line: 1, said: "RUN a   && b   && c" },
      { line: 6, said: "USER x" },
    ],
  },
  {
    name: "so does a word",
    text: "AD\\\nD ht\\\ntp://x /y",
    said: [{ line: 1, said: "ADD http://x /y" }],
  },
  {
    name: "the escape directive names another sign",
    text: "# escape=`\nRUN a `\n  b\nRUN c\\\n",
    said: [
      { line: 2, said: "RUN a   b" },
      { line: 4, said: "RUN c\\" },
    ],
  },
  {
    name: "behind another comment it is a comment",
    text: "# hello\n# escape=`\nRUN a \\\n b",
    said: [{ line: 3, said: "RUN a  b" }],
  },
  {
    name: "lines of Windows end like any other",
    text: "FROM x\r\nRUN a \\\r\n b\r\n",
    said: [
      { line: 1, said: "FROM x" },
      { line: 2, said: "RUN a  b" },
    ],
  },
  {
    name: "a mark of byte order is none of the text",
    text: "\uFEFFFROM x",
    said: [{ line: 1, said: "FROM x" }],
  },
  {
    name: "flags stand before the rest, without quotes and escapes",
    text: 'RUN --mount=type=cache,target=/x --net"work"=ho\\st echo --not-a-flag',
    said: [{ line: 1, said: "RUN --mount=type=cache,target=/x --network=host echo --not-a-flag" }],
  },
  {
    name: "a here-document is no instruction",
    text: "RUN <<EOF sh\nUSER root\nEOF\nCOPY <<-'A' <<B /x/\n\ta\n\tA\nb\nB\nUSER x",
    said: [
      { line: 1, said: "RUN <<EOF sh", documents: ["USER root"] },
      { line: 4, said: "COPY <<-'A' <<B /x/", documents: ["\ta", "b"] },
      { line: 9, said: "USER x" },
    ],
  },
  {
    name: "what is quoted, listed or shifted starts none",
    text: 'RUN echo "<<EOF" \'<<EOF\'\nRUN ["<<EOF"]\nRUN cat <<<x\nRUN echo $((1<<2))',
    said: [
      { line: 1, said: "RUN echo \"<<EOF\" '<<EOF'" },
      { line: 2, said: 'RUN ["<<EOF"]' },
      { line: 3, said: "RUN cat <<<x" },
      { line: 4, said: "RUN echo $((1<<2))" },
    ],
  },
];

for (const { name, text, said } of rows) test(name, () => expect(read(text) as object[]).toEqual(said));

const syntaxes: [string, string | null][] = [
  ["# syntax=docker/dockerfile:1\nFROM x", "docker/dockerfile:1"],
  ["#  SynTax = a/b \nFROM x", "a/b"],
  ["# escape=`\n# syntax=a/b\nFROM x", "a/b"],
  ["# check=skip=all\n# syntax=a/b\nFROM x", "a/b"],
  ["#!/bin/sh\n# syntax=a/b\nFROM x", "a/b"],
  ["// syntax=a/b\nFROM x", "a/b"],
  ["# hello\n# syntax=a/b\nFROM x", null],
  ["FROM x\n# syntax=a/b", null],
];
for (const [text, syntax] of syntaxes) {
  test(`${JSON.stringify(text)} is read by ${syntax ?? "the builder's own frontend"}`, () =>
    expect(readDockerfile(text).syntax).toBe(syntax));
}

const invalid: [name: string, text: string, says: RegExp][] = [
  ["a NUL", "FROM x\nRUN a\0b", /line 2: it has a control character/],
  ["a carriage return inside of a line", "FROM x\nRUN a\rADD http://x /y", /control character/],
  ["an end of line that only some know", "FROM x\nRUN a\u2028ADD http://x /y", /control character/],
  ["an escape that is none", "# escape=x\nFROM x", /escape directive/],
  ["two escapes", "# escape=`\n# escape=\\\nFROM x", /only one escape directive/],
  ["an escape behind a directive that is newer", "# check=skip=all\n# escape=`\nFROM x", /older builders/],
  ["an escaped escape at the end", "FROM x\nRUN a \\\\\nADD http://x /y", /line 2: it ends with/],
  ["a here-document without an end", "FROM x\nRUN <<EOF\na", /line 2: its here-document has no end "EOF"/],
  ["a here-document with an odd name", 'FROM x\nRUN <<E"O"F\na\nEOF', /has no plain name/],
  ["a quote without an end before one", "FROM x\nRUN echo ' <<EOF\na\nEOF", /quote without an end/],
  ["a text of JSON", '{"syntax": "a/b"}', /not a Dockerfile/],
  ["10 MB", `FROM x\n${"RUN a\n".repeat(1_700_000)}`, /more than 1048576 characters/],
  ["10,000 stages", "FROM x\n".repeat(10_000), /more than 1000 instructions/],
  ["101 stages", "FROM x\n".repeat(101), /more than 100 stages/],
  ["a line of 100 kB", `FROM x\nRUN ${"a".repeat(100_000)}`, /65,536/],
];
for (const [name, text, says] of invalid) {
  test(`${name} is told`, () => {
    const failure = failureOf(text);
    expect(failure?.reason.code).toBe("dockerfile_invalid");
    expect(failure?.reason.message).toMatch(says);
  });
}

const failureOf = (text: string): BuildFailure | null => {
  try {
    readDockerfile(text);
    return null;
  } catch (err) {
    if (err instanceof BuildFailure) return err;
    throw err;
  }
};

/** Pieces that readers stumble over. */
const piece = fc.oneof(
  fc.constantFrom(
    ...["FROM ", "ARG ", "RUN ", "COPY ", "ADD ", "ONBUILD ", "# escape=", "# syntax=", "\\", "`", "\n", "\r\n", "\r"],
    ...[
      "<<EOF",
      "<<-'X'",
      "EOF",
      "X",
      '"',
      "'",
      "$",
      "${",
      "}",
      ":-",
      "[",
      "]",
      '["',
      "--from=",
      "--mount=",
      "--network=",
    ],
    ...[
      "http://",
      "git@",
      "busybox",
      "a=b",
      "$a",
      "${a:-b}",
      "\0",
      "\uFEFF",
      "\u2028",
      "\ud800",
      "__proto__",
      " ",
      "\t",
    ],
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);

test("whatever a Dockerfile holds, nothing but a BuildFailure is thrown, and soon", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join("");
      try {
        checkDockerfile(readDockerfile(text), { registry: "127.0.0.1:1", organisation: "home", buildArgs: {} });
        needsBuildKit(text);
      } catch (err) {
        if (!(err instanceof BuildFailure)) throw err;
      }
    }),
    { numRuns: 5_000 },
  );
});

test("a text of a megabyte is read within seconds, whatever is repeated in it", () => {
  for (const part of ["RUN a \\\n", "# x\n", "$", "${a:-", '"', "<<E ", "ADD ", " ", "\t\\\n", "--a "]) {
    const text = `FROM x\nRUN ${part.repeat(60_000 / part.length)}\n`.repeat(16).slice(0, 1_000_000);
    const startedAt = performance.now();
    try {
      checkDockerfile(readDockerfile(text), { registry: "127.0.0.1:1", organisation: "home", buildArgs: {} });
    } catch (err) {
      expect(err).toBeInstanceOf(BuildFailure);
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  }
});
