import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
import { callDocker } from "@homeport/kit/test/docker/api.ts";
import { type Docker, sharedDocker } from "@homeport/kit/test/docker.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { processesWith } from "../../../test/processes.ts";
import { BuildFailure } from "../../build-failure.ts";
import { findBuildClient } from "./build-client.ts";
import { dockerImages } from "./image-engine.ts";

setDefaultTimeout(120_000);

const CANARY = "canary-b41d-value";
const never = new AbortController().signal;
let docker: Docker;
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-secrets-"));
  docker = await sharedDocker();
  await ensureBaseImages(docker.socketPath, ["busybox"]);
});
afterAll(async () => {
  await docker.stop();
  await rm(dir, { recursive: true, force: true });
});

const engineWith = (clientFolders?: string[]) =>
  dockerImages({
    dockerHost: docker.host,
    runnerId: `test-${newId().slice(-8)}`,
    memoryBytes: 256 * 1024 * 1024,
    ...(clientFolders === undefined ? {} : { clientFolders }),
  });

type Options = { value?: string; secretsDir?: string; clientFolders?: string[]; signal?: AbortSignal };

const build = async (dockerfile: string, { value = CANARY, clientFolders, signal = never, ...more }: Options = {}) => {
  const folder = await mkdtemp(join(dir, "context-"));
  const secrets = more.secretsDir ?? (await mkdtemp(join(dir, "secrets-")));
  await Bun.write(join(folder, "Dockerfile"), dockerfile);
  await Bun.write(join(secrets, "TOKEN"), value);
  const tag = `registry.example/home/shop/api:build-${newId().slice(-12)}`;
  const lines: string[] = [];
  const images = engineWith(clientFolders);
  const image = await images.build(
    {
      folder,
      dockerfile: "Dockerfile",
      tag,
      buildArgs: { NAME: 'Ada, "the" first' },
      cacheScope: "home",
      secretFiles: { TOKEN: join(secrets, "TOKEN") },
    },
    (_, line) => void lines.push(line),
    signal,
  );
  return { image, tag, lines, remove: () => images.remove(tag) };
};

const failureOf = async (work: Promise<unknown>) => {
  const err = await work.catch((thrown: unknown) => thrown);
  if (!(err instanceof BuildFailure)) throw new Error(`no failure: ${String(err)}`);
  return err.reason;
};

const USES = "RUN --mount=type=secret,id=TOKEN,required=true";

test("a step reads a secret from its mount, and the image has it in no layer, no history and no setting", async () => {
  const { image, tag, lines, remove } = await build(
    `FROM busybox\nARG NAME\n${USES} wc -c < /run/secrets/TOKEN > /length && sha256sum /run/secrets/TOKEN > /sum\nRUN echo "hello $NAME" && ls /run/secrets > /left 2>&1 || true\nEXPOSE 8080\n`,
  );
  expect(image).toMatchObject({ exposedPorts: [8080] });
  expect(lines).toContain('hello Ada, "the" first');
  const saved = await (await callDocker(docker.socketPath, `/images/${encodeURIComponent(tag)}/get`)).bytes();
  const bytes = Buffer.from(saved); // a tar archive of layers that are not packed, and of the image's settings
  expect(bytes.includes(String(CANARY.length))).toBe(true); // the layers are in it
  const sum = new Bun.CryptoHasher("sha256").update(CANARY).digest("hex");
  expect(bytes.includes(sum)).toBe(true);
  for (const form of [CANARY, Buffer.from(CANARY).toString("base64").replaceAll("=", "")]) {
    expect(bytes.includes(form)).toBe(false);
  }
  const history = await (await callDocker(docker.socketPath, `/images/${encodeURIComponent(tag)}/history`)).text();
  expect(history).not.toContain(CANARY);
  await remove();
});

test("names of files that a list would be taken apart at are given whole", async () => {
  const secretsDir = await mkdtemp(join(dir, 'a,b"c,src=-'));
  const { lines, remove } = await build(`FROM busybox\n${USES} cat /run/secrets/TOKEN\n`, { secretsDir });
  expect(lines).toContain(CANARY); // masked by the log that these lines go to
  await remove();
});

test("a step that fails is told with its exit code and its last lines", async () => {
  const reason = await failureOf(build(`FROM busybox\nRUN echo before\n${USES} echo words of the step && exit 7\n`));
  expect(reason).toMatchObject({ code: "build_step_failed", exitCode: 7, lastLines: ["words of the step"] });
  expect(reason.message).toMatch(/^A step of the Dockerfile failed with exit code 7: RUN --mount/);
});

const failures: { name: string; dockerfile: string; code: string }[] = [
  {
    name: "a secret that was not given",
    dockerfile: "RUN --mount=type=secret,id=OTHER,required=true true",
    code: "build_step_failed",
  },
  { name: "a file that is no Dockerfile", dockerfile: "NOTHING here", code: "dockerfile_invalid" },
  { name: "an image that is not there", dockerfile: "FROM registry.invalid/none:1", code: "base_image_missing" },
];
for (const { name, dockerfile, code } of failures) {
  test(`${name} is ${code}`, async () => {
    expect((await failureOf(build(`FROM busybox\n${dockerfile}\n`))).code).toBe(code as never);
  });
}

test("a build that is cancelled ends at once, with its step and its client", async () => {
  const ending = new AbortController();
  const marker = `marker-${newId()}`;
  const reason = new BuildFailure("cancelled", "The build was cancelled.");
  const built = build(`FROM busybox\n${USES} echo ${marker}; while true; do sleep 1; done\n`, {
    signal: ending.signal,
  });
  const ended = built.catch((err: unknown) => err);
  await waitFor(() => processesWith(`sh -c echo ${marker}`).length > 0, { timeoutMs: 30_000 });
  ending.abort(reason);
  expect(await ended).toBe(reason);
  await waitFor(() => processesWith(marker).length === 0, { timeoutMs: 10_000 });
});

test("nothing of the client's is left on the machine", async () => {
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith("homeport-build-"));
  const { remove } = await build(`FROM busybox\n${USES} true\n`);
  await remove();
  expect((await readdir(tmpdir())).filter((name) => name.startsWith("homeport-build-"))).toEqual(before);
});

/** A machine with a client that says it is of this version, and has no plugin. */
const clientOf = async (version: string): Promise<string> => {
  const folder = await mkdtemp(join(dir, "client-"));
  await Bun.write(
    join(folder, "docker"),
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "Docker version ${version}, build x"; exit 0; fi\nexit 1\n`,
  );
  await chmod(join(folder, "docker"), 0o755);
  return folder;
};

test("a machine without a client that can do it refuses, and builds nothing without the secrets", async () => {
  for (const clientFolders of [[], [join(dir, "nowhere")], [await clientOf("28.2.2")]]) {
    const reason = await failureOf(build(`FROM busybox\n${USES} true\n`, { clientFolders }));
    expect(reason.code).toBe("build_secrets_unsupported");
    expect(reason.message).toMatch(/docker client/);
  }
});

test("the first client that can do it is taken", async () => {
  const [modern, old] = [await clientOf("28.2.2"), await clientOf("20.10.24+dfsg1")];
  expect(await findBuildClient(never, [modern, old])).toBe(join(old, "docker"));
});
