import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableFile } from "./disk.ts";
import { tableLog } from "./log.ts";

tableLog.level = "silent";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hp-table-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("several workers that write one file leave a whole table, and nothing else", async () => {
  const file = join(folder, "table.json");
  const tables = ["a", "b", "c"].map((letter, index) => letter.repeat(1_500_000 * (index + 1)));
  const writers = tables.map((_, index) => new TableFile(file, `gateway-${index}`));
  for (let round = 0; round < 20; round++) {
    for (const [index, writer] of writers.entries()) writer.save(tables[index] ?? "");
    await Promise.all(writers.map((writer) => writer.flush()));
    expect(tables).toContain(await readFile(file, "utf8"));
  }
  expect(await readdir(folder)).toEqual(["table.json"]);
});
