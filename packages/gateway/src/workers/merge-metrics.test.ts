import { expect, test } from "bun:test";
import { mergeMetrics, readSample } from "./merge-metrics.ts";

test("samples of one metric stand together under one TYPE line, whatever the order of the pages", () => {
  const first = '# HELP a_total Of a.\n# TYPE a_total counter\na_total{app="x",class="2xx"} 1\n# TYPE b gauge\nb 2\n';
  const second = '# TYPE b gauge\nb 3\n# HELP a_total Of a.\n# TYPE a_total counter\na_total{app="y",class="2xx"} 4\n';
  expect(
    mergeMetrics([
      { worker: 0, text: first },
      { worker: 7, text: second },
    ]),
  ).toBe(
    [
      "# HELP a_total Of a.",
      "# TYPE a_total counter",
      'a_total{worker="0",app="x",class="2xx"} 1',
      'a_total{worker="7",app="y",class="2xx"} 4',
      "# TYPE b gauge",
      'b{worker="0"} 2',
      'b{worker="7"} 3',
      "",
    ].join("\n"),
  );
});

test.each([
  { name: "without labels", line: "m 1", merged: 'm{worker="3"} 1' },
  { name: "with none between braces", line: "m{} 1", merged: 'm{worker="3"} 1' },
  { name: "with a brace and a space in a value", line: 'm{path="/a} b"} 1', merged: 'm{worker="3",path="/a} b"} 1' },
  { name: "with a time", line: 'm{a="b"} 1 1700000000000', merged: 'm{worker="3",a="b"} 1 1700000000000' },
  { name: "of a histogram", line: 'm_bucket{le="+Inf"} 9', merged: 'm_bucket{worker="3",le="+Inf"} 9' },
  { name: "not a number", line: "m NaN", merged: 'm{worker="3"} NaN' },
])("a sample $name keeps its value", ({ line, merged }) => {
  expect(mergeMetrics([{ worker: 3, text: `# TYPE m untyped\n${line}\n` }])).toBe(`# TYPE m untyped\n${merged}\n`);
});

test("without pages there is nothing", () => {
  expect(mergeMetrics([])).toBe("");
});

test("a sample without labels is read by its whole name", () => {
  expect(readSample("revision_old 4\nrevision 5\n", "revision")).toBe(5);
  expect(readSample('revision{a="b"} 5\n', "revision")).toBeNull();
});
