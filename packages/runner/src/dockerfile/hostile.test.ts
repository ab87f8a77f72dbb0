import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import { checkDockerfile } from "./check-dockerfile.ts";
import { readDockerfile } from "./read-dockerfile.ts";

const CORPUS = join(import.meta.dir, "../../test/corpus/dockerfiles");

/** What each is turned down with. */
const refused: Record<string, RegExp> = {
  "foreign-frontend": /line 1: the frontend "evil\.example\/frontend:1"/,
  "foreign-frontend-behind-shebang": /the frontend "docker\.io\/somebody\/dockerfile:1"/,
  "foreign-frontend-in-slashes": /the frontend "evil\.example/,
  "experimental-frontend": /the frontend "docker\/dockerfile:1-labs"/,
  "frontend-with-options": /the frontend "docker\/dockerfile:1 --allow/,
  insecure: /line 2: RUN --security=insecure/,
  "insecure-in-pieces": /line 2: RUN --security=insecure/,
  "host-network": /line 2: RUN --network=host\. A step has its own container/,
  "host-network-later": /line 2: RUN --network=host/,
  "host-network-behind-escape": /line 3: RUN --network=host/,
  devices: /RUN --device=/,
  "ssh-mount": /RUN --mount=type=ssh/,
  "ssh-mount-second": /RUN --mount=target=\/x,type=ssh/,
  "bind-mount-of-an-id": /line 2: "0a1b2c3d" may be the beginning of the id/,
  "mount-of-another-organisation": /belongs to another organisation/,
  "add-metadata": /line 2: ADD http:\/\/169\.254\.169\.254\/latest\/meta-data\/\. Fetch it in a RUN step/,
  "add-metadata-quoted": /ADD http:/,
  "add-metadata-escaped": /ADD http:/,
  "add-metadata-in-pieces": /ADD http:/,
  "add-metadata-in-json": /ADD http:/,
  "add-metadata-in-broken-json": /ADD \$/,
  "add-variable": /line 4: ADD \$WHERE/,
  "add-variable-scheme": /ADD \$\{S\}/,
  "add-private-address": /ADD https:\/\/10\.0\.0\.1/,
  "add-git": /ADD git@git\.internal/,
  "add-git-url": /ADD https:\/\/git\.internal/,
  "add-later": /ADD http:/,
  "add-behind-a-false-document": /line 2: ADD http:/,
  "from-id": /line 1: "3f2a" may be the beginning of the id of somebody else's image\. Write its name with a tag\./,
  "from-id-by-variable": /line 3: "beef" may be/,
  "from-whole-id": /"sha256:1{64}" may be/,
  "from-build-cache": /what builds leave on this engine belongs to them/,
  "from-another-organisation": /127\.0\.0\.1:5000\/other\/shop\/api:latest belongs to another organisation/,
  "from-metadata": /no image is fetched from 169\.254\.169\.254/,
  "from-metadata-as-a-number": /no image is fetched from 2852039166/,
  "from-metadata-by-name": /no image is fetched from metadata\.google\.internal/,
  "from-odd-variable": /FROM with a variable that is not plain/,
  "copy-from-id": /"3f2a" may be/,
  "copy-from-variable": /an image that is named by a variable/,
  "copy-from-metadata": /no image is fetched from/,
};

/** What cannot be read in one way only, or not at all. */
const invalid: Record<string, RegExp> = {
  "from-option": /line 1: "-x" is no name of an image/,
  "from-unknown-option": /FROM has no option --privileged/,
};

/** What is built: build-limits.test.ts does that. */
const harmless = [
  "own-frontend",
  "no-network",
  "bind-mount-of-the-source",
  "secret-mount",
  "cache-mount",
  "add-local",
  "from-variable",
  "onbuild",
  "documents",
  "escape-directive",
  "root-inside",
];

const failureOf = async (name: string): Promise<BuildFailure | null> => {
  try {
    const text = await Bun.file(join(CORPUS, `${name}.Dockerfile`)).text();
    checkDockerfile(readDockerfile(text), { registry: "127.0.0.1:5000", organisation: "home", buildArgs: {} });
    return null;
  } catch (err) {
    if (err instanceof BuildFailure) return err;
    throw err;
  }
};

for (const [code, table] of Object.entries({ dockerfile_refused: refused, dockerfile_invalid: invalid })) {
  for (const [name, says] of Object.entries(table)) {
    test(`${name} is ${code}`, async () => {
      const failure = await failureOf(name);
      expect(failure?.reason.code).toBe(code as "dockerfile_refused");
      expect(failure?.reason.message).toMatch(says);
    });
  }
}

for (const name of harmless) test(`${name} is harmless`, async () => expect(await failureOf(name)).toBeNull());

test("the corpus is in these tables, all of it", () => {
  const files = readdirSync(CORPUS).map((file) => file.replace(/\.Dockerfile$/, ""));
  expect(files.sort()).toEqual([...Object.keys(refused), ...Object.keys(invalid), ...harmless].sort());
});

test("a build may start from what its own organisation has stored", () => {
  const file = readDockerfile(
    "FROM 127.0.0.1:5000/home/shop/base:1\nFROM localhost:3000/home/base\nFROM cafe:latest\n",
  );
  expect(() =>
    checkDockerfile(file, { registry: "127.0.0.1:5000", organisation: "home", buildArgs: {} }),
  ).not.toThrow();
});

test("what the builder is given as an argument counts, and not what the file says", () => {
  const file = readDockerfile("ARG BASE=busybox\nFROM $BASE\n");
  const rules = { registry: "127.0.0.1:5000", organisation: "home", buildArgs: { BASE: "3f2a" } };
  expect(() => checkDockerfile(file, rules)).toThrow(/"3f2a" may be/);
});
