import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { dockerImages } from "../src/adapters/docker/image-engine.ts";
import { readImage, startRegistry, type TestRegistry } from "./registry.ts";
import { startTestRunner, type TestRunner } from "./runner.ts";

setDefaultTimeout(180_000);

const CANARY = "canary-e07a-secret";
let docker: Docker;
let registry: TestRegistry;
let runner: TestRunner;

beforeAll(async () => {
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath);
  registry = await startRegistry();
  const runnerId = `test-${newId().slice(-8)}`;
  const images = dockerImages({ dockerHost: docker.host, runnerId, memoryBytes: 1024 * 1024 * 1024 });
  runner = await startTestRunner({ registry: registry.host, images });
});
afterAll(async () => {
  await runner.stop();
  await registry.stop();
  await docker.stop();
});

const sources: { name: string; preset: "bun" | "dockerfile"; files: Record<string, string> }[] = [
  {
    name: "a preset, as a variable of its steps",
    preset: "bun",
    files: {
      "package.json": JSON.stringify({ scripts: { start: "bun index.ts", build: "bun build.ts" } }),
      "index.ts": "",
      "build.ts": `
        const value = process.env.TOKEN ?? "";
        console.log("the token is", value);
        await Bun.write("sum.txt", new Bun.CryptoHasher("sha256").update(value).digest("hex"));`,
    },
  },
  {
    name: "a Dockerfile, as a mount that it asks for",
    preset: "dockerfile",
    files: {
      Dockerfile:
        "FROM busybox\nRUN --mount=type=secret,id=TOKEN printf 'the token is %s\\n' $(cat /run/secrets/TOKEN) && sha256sum /run/secrets/TOKEN > /sum.txt\n",
    },
  },
];
for (const { name, preset, files } of sources) {
  test(`a secret gets to ${name}, and into no layer, setting or line of the log`, async () => {
    const before = runner.texts().length;
    const outcome = await runner.build(
      { source: await runner.upload(files), preset, output: "container" },
      { build: new Map([["TOKEN", new Secret(CANARY)]]) },
    );
    const texts = runner.texts().slice(before);
    if (outcome.state !== "succeeded") throw new Error(`${JSON.stringify(outcome)}\n${texts.join("\n")}`);
    const image = await readImage(registry.host, "home/shop/api", outcome.result.digest);
    const layers = await Promise.all(
      image.manifest.layers.map(async (_, index) => gunzipSync(await image.layer(index)).toString("latin1")),
    );
    const everything = [...layers, JSON.stringify(image.config), ...texts].join("\n");
    expect(everything).toContain(new Bun.CryptoHasher("sha256").update(CANARY).digest("hex")); // the step did have it
    expect(everything).not.toContain(CANARY);
    expect(texts).toContain("the token is ***");
  });
}
