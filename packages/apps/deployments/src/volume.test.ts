import { describe, expect, test } from "bun:test";
import { WorkloadVolume } from "@homeport/clusters/contract.ts";
import { overlap, VolumePath, VolumeSizeMiB } from "./volume.ts";

const PATHS: { name: string; path: string; may: boolean }[] = [
  { name: "a folder", path: "/data", may: true },
  { name: "a folder in folders", path: "/var/lib/postgresql", may: true },
  { name: "dots in a name", path: "/srv/v1.2/.hidden", may: true },
  { name: "the root", path: "/", may: false },
  { name: "no absolute path", path: "data", may: false },
  { name: "a slash at the end", path: "/data/", may: false },
  { name: "a way upwards", path: "/data/../etc", may: false },
  { name: "the same folder again", path: "/data/./x", may: false },
  { name: "two slashes", path: "/data//x", may: false },
  { name: "what the kernel shows", path: "/proc/self", may: false },
  { name: "a name that begins like the kernel's", path: "/devices", may: true },
  { name: "a space", path: "/my data", may: false },
  { name: "seventeen folders", path: "/a".repeat(17), may: false },
];

describe("where a volume may be", () => {
  for (const { name, path, may } of PATHS) {
    test(`${name}: ${may ? "yes" : "no"}, as nodes take it`, () => {
      expect(VolumePath.safeParse(path).success).toBe(may);
      expect(WorkloadVolume.shape.path.safeParse(path).success).toBe(may);
    });
  }

  test("its size is one that nodes take", () => {
    for (const size of [0, 1, 16_777_216, 16_777_217, 1.5]) {
      expect(VolumeSizeMiB.safeParse(size).success).toBe(WorkloadVolume.shape.sizeMiB.safeParse(size).success);
    }
  });
});

const PAIRS: [a: string, b: string, isOverlap: boolean][] = [
  ["/data", "/data", true],
  ["/data", "/data/deep/er", true],
  ["/data/deep", "/data", true],
  ["/data", "/database", false],
  ["/srv/a", "/srv/b", false],
];
for (const [a, b, isOverlap] of PAIRS) {
  test(`${a} and ${b} ${isOverlap ? "lie in each other" : "are apart"}`, () => expect(overlap(a, b)).toBe(isOverlap));
}
