import { expect, test } from "bun:test";
import {
  listReferences,
  MAX_REFERENCES,
  type Names,
  parseReferences,
  type Reference,
  showReferences,
  storeReferences,
} from "./reference.ts";

const API = "01890000-0000-7000-8000-00000000000a";
const DATABASE = "01890000-0000-7000-8000-00000000000b";

const named = (name: string) => ({ name, id: null });
const rows: { name: string; value: string; references: Reference[]; text: string }[] = [
  { name: "plain text", value: "postgres://db", references: [], text: "postgres://db" },
  { name: "the empty value", value: "", references: [], text: "" },
  { name: "a variable of its own", value: "${{HOST}}", references: [{ kind: "own", variable: "HOST" }], text: "" },
  {
    name: "a service's variable",
    value: "http://${{api.HOST}}:80",
    references: [{ kind: "service", owner: named("api"), variable: "HOST" }],
    text: "http://:80",
  },
  {
    name: "a service by its id",
    value: `\${{@${API}.URL}}`,
    references: [{ kind: "service", owner: { name: null, id: API }, variable: "URL" }],
    text: "",
  },
  {
    name: "the project's and the environment's",
    value: "${{project.A}}${{environment.B}}",
    references: [
      { kind: "project", variable: "A" },
      { kind: "environment", variable: "B" },
    ],
    text: "",
  },
  {
    name: "an item of a secret group, whose name has dots",
    value: "${{secret.tls.server.key}}",
    references: [{ kind: "secret", owner: named("tls"), variable: "server.key" }],
    text: "",
  },
  {
    name: "spaces inside",
    value: "${{ api.URL }}",
    references: [{ kind: "service", owner: named("api"), variable: "URL" }],
    text: "",
  },
  { name: "an escaped one", value: "a $${{api.URL}} b", references: [], text: "a ${{api.URL}} b" },
  { name: "an escaped one at the beginning", value: "$${{A}}", references: [], text: "${{A}}" },
  {
    name: "an escaped one after a reference",
    value: "${{A}}$${{B}}",
    references: [{ kind: "own", variable: "A" }],
    text: "${{B}}",
  },
  { name: "an opening without an end", value: "${{api.URL", references: [], text: "${{api.URL" },
  { name: "an empty one", value: "${{}}", references: [], text: "${{}}" },
  { name: "three parts of no secret", value: "${{a.b.c}}", references: [], text: "${{a.b.c}}" },
  { name: "one brace", value: "${HOME}", references: [], text: "${HOME}" },
  {
    name: "an opening inside of text that is none",
    value: "${{ ${{A}}",
    references: [{ kind: "own", variable: "A" }],
    text: "${{ ",
  },
  { name: "the word group, which is reserved", value: "${{group.A}}", references: [], text: "${{group.A}}" },
  {
    name: "a name of 300 letters",
    value: `\${{${"A".repeat(300)}}}`,
    references: [],
    text: `\${{${"A".repeat(300)}}}`,
  },
];
for (const { name, value, references, text } of rows) {
  test(`${name} is read for what it is, and nothing is lost`, () => {
    const segments = parseReferences(value);
    expect(segments.flatMap((each) => (each.kind === "reference" ? [each.reference] : []))).toEqual(references);
    expect(segments.map((each) => (each.kind === "text" ? each.text : "")).join("")).toBe(text);
    expect(segments.map(({ raw }) => raw).join("")).toBe(value);
  });
}

const ids: Names = { service: new Map([["api", API]]), secret: new Map([["database", DATABASE]]) };
const names: Names = { service: new Map([[API, "backend"]]), secret: new Map([[DATABASE, "database"]]) };

test("names are stored as ids and shown under the names of now", () => {
  const stored = storeReferences("${{api.URL}} ${{ secret.database.PASSWORD }} ${{web.URL}} $${{api.URL}} ${{A}}", ids);
  expect(stored).toBe(`\${{@${API}.URL}} \${{secret.@${DATABASE}.PASSWORD}} \${{web.URL}} $\${{api.URL}} \${{A}}`);
  expect(storeReferences(stored, ids)).toBe(stored);
  expect(showReferences(stored, names)).toBe(
    "${{backend.URL}} ${{secret.database.PASSWORD}} ${{web.URL}} $${{api.URL}} ${{A}}",
  );
});

test("a service and a secret group of one name are not mistaken for each other", () => {
  const both: Names = { service: new Map([["x", API]]), secret: new Map([["x", DATABASE]]) };
  expect(storeReferences("${{x.A}}${{secret.x.A}}", both)).toBe(`\${{@${API}.A}}\${{secret.@${DATABASE}.A}}`);
});

test("what a value refers to is listed once, without the value", () => {
  expect(listReferences(`hunter2 \${{@${API}.URL}}\${{@${API}.URL}}\${{db.HOST}}\${{B}}`)).toEqual([
    { kind: "service", id: API, owner: null, name: "URL" },
    { kind: "service", id: null, owner: "db", name: "HOST" },
    { kind: "own", id: null, owner: null, name: "B" },
  ]);
});

test(`${MAX_REFERENCES} references are read, and one more is refused`, () => {
  expect(parseReferences("${{A}}".repeat(MAX_REFERENCES))).toHaveLength(MAX_REFERENCES);
  expect(() => parseReferences("${{A}}".repeat(MAX_REFERENCES + 1))).toThrow(/at most 100/);
});

test("any text survives being taken apart, and 32 KiB of openings take no time to speak of", () => {
  const pieces = ["${{", "}}", "$", "api", ".", "URL", " ", "@", "secret", "$${{", "{", "x"];
  let seed = 7;
  const next = (max: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % max;
  };
  for (let i = 0; i < 2000; i += 1) {
    const value = Array.from({ length: 1 + next(20) }, () => pieces[next(pieces.length)]).join("");
    expect(
      parseReferences(value)
        .map(({ raw }) => raw)
        .join(""),
    ).toBe(value);
  }
  const started = performance.now();
  for (const piece of ["${{", "$${{", "${{A", "}}"]) parseReferences(piece.repeat((32 * 1024) / piece.length));
  expect(performance.now() - started).toBeLessThan(1000);
});
