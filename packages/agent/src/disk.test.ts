import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import type { NodeDisk } from "@homeport/clusters/contract.ts";
import { inWords } from "./bytes.ts";
import { DEFAULT_RESERVE, diskOf, distinctDisks, isUnderPressure, refuseWhenFull } from "./disk.ts";

const GiB = 1024 ** 3;
const disk = (freeBytes: number, use: NodeDisk["use"] = "data"): NodeDisk => ({
  use,
  path: `/srv/${use}`,
  totalBytes: 100 * GiB,
  freeBytes,
  reserveBytes: 5 * GiB,
});

test("a disk is full for us when less than its reserve is free, and the reason names it", () => {
  expect(isUnderPressure([disk(5 * GiB), disk(50 * GiB, "engine")])).toBe(false);
  expect(isUnderPressure([disk(50 * GiB), disk(5 * GiB - 1, "engine")])).toBe(true);
  expect(() => refuseWhenFull([disk(50 * GiB)])).not.toThrow();
  expect(() => refuseWhenFull([disk(50 * GiB), disk(1.5 * GiB, "engine")])).toThrow(
    "The disk of /srv/engine on this node is nearly full: 1.5 GiB of 100 GiB are free, and 5.0 GiB are kept free",
  );
});

test("the reserve is the larger one of a size and a part of the disk", async () => {
  const found = await diskOf("data", tmpdir(), DEFAULT_RESERVE);
  expect(found?.reserveBytes).toBe(Math.max(2 * GiB, Math.floor((found?.totalBytes ?? 0) * 0.05)));
  expect(found?.freeBytes).toBeLessThanOrEqual(found?.totalBytes ?? 0);
});

test("a disk that cannot be seen is left out, and one disk with two uses is told once", async () => {
  const reserve = { bytes: 0, fraction: 0 };
  const [data, engine, away] = await Promise.all([
    diskOf("data", tmpdir(), reserve),
    diskOf("engine", tmpdir(), reserve),
    diskOf("engine", "/no/such/place", reserve),
  ]);
  expect(away).toBeNull();
  expect(distinctDisks([data, engine, away])).toMatchObject([{ use: "data", path: tmpdir() }]);
});

test.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1536, "1.5 KiB"],
  [300 * 1024 ** 2, "300 MiB"],
  [2 * 1024 ** 4, "2.0 TiB"],
])("%d bytes are %s", (bytes, words) => {
  expect(inWords(bytes)).toBe(words);
});
