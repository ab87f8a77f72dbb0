import { describe, expect, test } from "bun:test";
import { SecretName } from "./secret-group.ts";
import { Directory, findConflict, Prefix, type UsedGroup, variableOf } from "./secret-use.ts";

const variables = (slug: string, names: string[], prefix = ""): UsedGroup => ({
  slug,
  use: { as: "variables", prefix },
  names,
});
const files = (slug: string, names: string[], directory: string): UsedGroup => ({
  slug,
  use: { as: "files", directory },
  names,
});

const groups: { name: string; of: UsedGroup[]; says: RegExp | null }[] = [
  { name: "different names", of: [variables("a", ["X"]), variables("b", ["Y"])], says: null },
  {
    name: "one variable of two groups",
    of: [variables("a", ["X"]), variables("b", ["X"])],
    says: /a and b .*variable X/,
  },
  { name: "one name with two prefixes", of: [variables("a", ["X"], "A_"), variables("b", ["X"])], says: null },
  { name: "a prefix that makes names equal", of: [variables("a", ["X"], "B_"), variables("b", ["B_X"])], says: /B_X/ },
  { name: "a variable and a file", of: [variables("a", ["X"]), files("b", ["X"], "/run/b")], says: null },
  { name: "what is no variable", of: [variables("a", ["x.pem"]), variables("b", ["x.pem"])], says: null },
  { name: "files in two folders", of: [files("a", ["X"], "/run/a"), files("b", ["X"], "/run/b")], says: null },
  { name: "files side by side", of: [files("a", ["X"], "/run/s"), files("b", ["Y"], "/run/s")], says: null },
  {
    name: "a file twice",
    of: [files("a", ["X"], "/run/s"), files("b", ["X"], "/run/s")],
    says: /the file \/run\/s\/X/,
  },
  {
    name: "a file where a folder is",
    of: [files("a", ["b"], "/run/s"), files("b", ["X"], "/run/s/b")],
    says: /\/run\/s\/b is/,
  },
  {
    name: "a file where a folder leads",
    of: [files("b", ["X"], "/run/s/b/c"), files("a", ["b"], "/run/s")],
    says: /of a,/,
  },
];

describe("groups of one service with", () => {
  for (const { name, of, says } of groups) {
    test(name, () => {
      const conflict = findConflict(of);
      if (says === null) expect(conflict).toBeNull();
      else expect(conflict).toMatch(says);
    });
  }
});

test("an item becomes a variable when its name can be one", () => {
  expect([variableOf("", "KEY"), variableOf("DB_", "KEY"), variableOf("", "tls.key"), variableOf("", "PORT")]).toEqual([
    "KEY",
    "DB_KEY",
    null,
    null,
  ]);
  expect(variableOf("DB_", "PORT")).toBe("DB_PORT");
});

test.each(["/run/secrets/db", "/secrets", "/etc/nginx/tls", "/run/s.d/a-b_c"])("%s can hold files", (path) => {
  expect(Directory.safeParse(path).success).toBe(true);
});

test.each([
  "run/secrets",
  "/",
  "/run",
  "/etc",
  "/proc/self",
  "/dev",
  "/tmp/a",
  "/run/../etc",
  "/run/./a",
  "/run//a",
  "/a b",
  "/run/",
])("%s cannot hold files", (path) => expect(Directory.safeParse(path).success).toBe(false));

test.each(["1A", "A-", "a b", "A".repeat(41)])("%s is no prefix", (prefix) => {
  expect(Prefix.safeParse(prefix).success).toBe(false);
});

test.each(["..", ".a", "-a", "1a", "a/b", "a=b", "", "a\n", "a".repeat(129)])("%j is no name of a secret", (name) => {
  expect(SecretName.safeParse(name).success).toBe(false);
});
