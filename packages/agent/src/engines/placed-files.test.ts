import { expect, test } from "bun:test";
import { foldersOf } from "./placed-files.ts";
import { refuseUnplaceable } from "./process/sandbox.ts";

const fileAt = (path: string) => ({ path, content: "", mode: 0o444 });
const placed = (...paths: string[]) =>
  foldersOf(paths.map(fileAt)).map(({ to, files }) => [to, files.map(({ path }) => path)]);

test("files of one folder are one mount, and so is a folder in it, whatever their order", () => {
  expect(placed("/run/a/tls/key", "/run/a/x", "/run/b/x", "/run/a/y")).toEqual([
    ["/run/a", ["/run/a/x", "/run/a/y", "/run/a/tls/key"]],
    ["/run/b", ["/run/b/x"]],
  ]);
  expect(placed("/run/ab/x", "/run/a/x").map(([to]) => to)).toEqual(["/run/a", "/run/ab"]); // a name is not a folder
  expect(placed()).toEqual([]);
});

test("without a sandbox there are no files, and a release without any is no matter", () => {
  const folders = [{ to: "/run/secrets/db" }];
  expect(() => refuseUnplaceable("plain", folders)).toThrow(/Attach them as variables/);
  expect(() => refuseUnplaceable("plain", [])).not.toThrow();
  expect(() => refuseUnplaceable("user", folders)).not.toThrow();
});
