import { expect, test } from "bun:test";
import { parseOptions } from "./options.ts";
import { likeLastTime } from "./started-with.ts";

const last = { engine: "process", port: 8080 } as const;

const rows = [
  { name: "at first", argv: [], last: null, port: 3000, engine: "auto" },
  { name: "without options", argv: [], last, port: 8080, engine: "process" },
  { name: "with another port", argv: ["--port", "3000"], last, port: 3000, engine: "process" },
  { name: "with another engine", argv: ["--engine", "auto"], last, port: 8080, engine: "auto" },
];

for (const row of rows) {
  test(`a start ${row.name} is on port ${row.port} with the engine ${row.engine}`, () => {
    expect(likeLastTime(parseOptions(row.argv, "/srv"), row.last)).toMatchObject({
      port: row.port,
      engine: row.engine,
    });
  });
}
