import { expect, test } from "bun:test";
import { parseOptions, UsageError } from "./options.ts";

test("without options it runs in the foreground on port 3000 with data in the current folder", () => {
  expect(parseOptions([], "/srv/homeport")).toEqual({
    mode: "run",
    keepWorkloads: false,
    port: 3000,
    dataDir: "/srv/homeport/.homeport",
    engine: "auto",
    asked: {},
  });
});

test("values may follow a space or an equals sign", () => {
  const spaced = parseOptions(["--detach", "--port", "8080", "--data", "d", "--engine", "process"], "/srv");
  expect(spaced).toEqual(parseOptions(["--detach", "--port=8080", "--data=d", "--engine=process"], "/srv"));
  expect(spaced).toMatchObject({ mode: "detach", port: 8080, dataDir: "/srv/d", engine: "process" });
  expect(spaced.asked).toEqual({ port: 8080, engine: "process" });
});

const wrong: { name: string; argv: string[]; message: RegExp }[] = [
  { name: "an unknown option", argv: ["--prot", "1"], message: /--prot is not an option/ },
  { name: "a port that is no number", argv: ["--port", "web"], message: /from 1 to 65535/ },
  { name: "a port out of range", argv: ["--port", "70000"], message: /from 1 to 65535/ },
  { name: "an engine nobody has", argv: ["--engine", "podman"], message: /auto, docker or process/ },
  { name: "a missing value", argv: ["--data"], message: /--data needs a value/ },
  { name: "--keep-workloads without --stop", argv: ["--keep-workloads"], message: /goes with --stop/ },
];

for (const { name, argv, message } of wrong) {
  test(`${name} is refused with a sentence`, () => {
    expect(() => parseOptions(argv, "/")).toThrow(message);
    expect(() => parseOptions(argv, "/")).toThrow(UsageError);
  });
}
