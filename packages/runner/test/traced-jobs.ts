import { rm } from "node:fs/promises";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { dockerImages } from "../src/adapters/docker/image-engine.ts";
import type { GitCredential } from "../src/ports.ts";
import { startTestRunner } from "./runner.ts";

/** What `traced-jobs.ts` is told on its standard input. */
export type TracedJobs = z.infer<typeof TracedJobs>;
const TracedJobs = z.object({
  registry: z.string(),
  http: z.string(),
  https: z.string(),
  ssh: z.string(),
  privateKey: z.string(),
  token: z.string(),
  certificates: z.string(),
  dockerHost: z.string(),
  /** A step of a tenant's. */
  command: z.string(),
});

/** A program of its own: a runner that does a job of each kind and ends, so that a test can watch what it starts. */
const main = async (): Promise<void> => {
  const told = TracedJobs.parse(JSON.parse(await Bun.stdin.text()));
  const images = dockerImages({ dockerHost: told.dockerHost, runnerId: "traced", memoryBytes: 256 * 1024 * 1024 });
  const runner = await startTestRunner({
    registry: told.registry,
    images,
    config: { gitCertificates: told.certificates },
  });
  const git = (url: string) => ({ kind: "git" as const, url });
  const key: GitCredential = { kind: "ssh", privateKey: new Secret(told.privateKey), knownHosts: null };
  const token: GitCredential = { kind: "token", username: null, token: new Secret(told.token) };
  const build = new Map([["TOKEN", new Secret("a secret")]]);
  const upload = await runner.upload({ "index.html": "<h1>Hi" });
  const outcomes = {
    "refs over http": await runner.listRefs({ source: git(told.http) }),
    "refs over https": await runner.listRefs({ source: git(told.https) }, token),
    "refs over ssh": await runner.listRefs({ source: git(told.ssh) }, key),
    http: await runner.build({ source: git(told.http), preset: "static" }),
    https: await runner.build({ source: git(told.https), preset: "static" }, { git: token }),
    ssh: await runner.build({ source: git(told.ssh), preset: "static" }, { git: key }),
    upload: await runner.build({ source: upload }),
    container: await runner.build({ source: git(told.http), preset: "dockerfile", output: "container" }),
    "container with secrets": await runner.build(
      { source: git(told.http), preset: "dockerfile", output: "container" },
      { build },
    ),
    "with a step": await runner.build({ source: upload, preset: "static", buildCommand: told.command }, { build }),
  };
  await runner.stop();
  await rm(runner.dataDir, { recursive: true, force: true });
  console.log(JSON.stringify(outcomes));
};

if (import.meta.main) await main();
