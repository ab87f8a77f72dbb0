import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { BuildSpec } from "../../build-spec.ts";
import { filesAskedFor, textsAskedFor } from "../asked-for.ts";
import { cacheVariables } from "../caches.ts";
import { PRESETS } from "./all.ts";

const services = PRESETS.flatMap((preset) => (preset.kind === "service" ? [preset] : []));

test("each name of the contract is a preset, and the other way round", () => {
  expect(PRESETS.map(({ name }) => name).sort()).toEqual([...BuildSpec.shape.preset.unwrap().options].sort());
});

test("each file of this folder is in the list", () => {
  const files = readdirSync(import.meta.dir).filter((name) => !/\.test\.ts$|^(all|javascript)\.ts$/.test(name));
  expect(files.map((name) => name.replace(/\.ts$/, "")).sort()).toEqual(
    PRESETS.map(({ name }) => name).sort() as string[],
  );
});

test("no two proofs are equally strong, so that the order of the list decides nothing", () => {
  const proofs = PRESETS.flatMap((preset) => [
    ...preset.proofs.map(({ priority }) => [preset.name, priority] as const),
    ...(preset.kind === "service"
      ? preset.managers.flatMap(({ proofs }) => proofs.map(({ priority }) => [preset.name, priority] as const))
      : []),
  ]);
  // Frameworks, mains of compiled languages and lists of dependencies may meet in one source; the first listed is taken then.
  const shared = new Set([150, 145, 120, 95, 60]);
  const strengths = proofs.filter(([, priority]) => !shared.has(priority)).map(([, priority]) => priority);
  expect(strengths.length).toBe(new Set(strengths).size);
});

test("the usual version of each is one of its lines, and images have a place for it", () => {
  for (const { versions, images, managers } of services) {
    expect(versions.lines).toContain(versions.usual);
    for (const image of [images.build, ...managers.flatMap(({ buildImage }) => buildImage ?? [])]) {
      expect(image).toMatch(/^[a-z0-9/.-]+:[a-z0-9.{}-]*\{version\}[a-z0-9.{}-]*$/);
    }
  }
});

test("variables of images and builds are words that need no quotes", () => {
  for (const { env, buildEnv } of services) {
    for (const value of Object.values({ ...env, ...buildEnv })) expect(value).toMatch(/^[\w./:-]+$/);
  }
});

test("each cache is a folder of its own", () => {
  const places = Object.values(cacheVariables("/cache"));
  expect(new Set(places).size).toBe(places.length);
  for (const place of places) expect(place).toContain("/cache/");
});

test("what presets ask for is found without a list of it", () => {
  expect(filesAskedFor()).toContain("cmd/*/main.go");
  expect(filesAskedFor()).toContain("public/index.html");
  expect(filesAskedFor()).toContain("app/main.py");
  expect(textsAskedFor()).toContain("app/main.py");
  expect(textsAskedFor()).toContain("composer.json");
  expect(textsAskedFor()).not.toContain("index.html");
});
