import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBaseImages } from "../packages/kit/test/base-images/build.ts";
import { startDocker } from "../packages/kit/test/docker.ts";
import { startGitServer } from "../packages/runner/test/git-server.ts";
import { startPlatform } from "../packages/standalone/test/e2e/platform.ts";
import { commitRepository, smallServer, writeFiles } from "../packages/standalone/test/e2e/repositories.ts";
import { docker, runUntilAnswering } from "./docker-peer.ts";
import { median, ms, report, timed } from "./report.ts";

/** P8: deploy of a changed commit with a cached build, against `docker build` and `docker run` of the same folder. */
const ROUNDS = 5;
const PORT = 3000;
const DOCKERFILE = 'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "server.js"]\n';

const engine = await startDocker();
await ensureBaseImages(engine.socketPath, ["node"]);
const root = mkdtempSync(join(tmpdir(), "hp-bench-"));
const git = await startGitServer(root);
const platform = await startPlatform("docker", { DOCKER_HOST: engine.host });
try {
  const peers: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const files = { ...smallServer(`round ${round}`), Dockerfile: DOCKERFILE };
    const dir = join(root, "peer");
    writeFiles(dir, files);
    const peer = await timed(async () => {
      await docker(engine.host, "build", "--quiet", "--tag", "peer:latest", dir);
      return runUntilAnswering(engine.host, "peer:latest", PORT);
    });
    await docker(engine.host, "rm", "--force", peer.result);
    await commitRepository(root, "app", files, `round ${round}`);
    const args = [
      "--project",
      "bench",
      "--service",
      "app",
      "--git",
      `${git.url}/app.git`,
      "--health-path",
      "/healthz",
      "--wait",
    ];
    const deploy = await timed(() => platform.cliJson(["deploy", ...args]));
    if (round === 0) continue; // the first fills the caches of both
    peers.push(peer.ms);
    ours.push(deploy.ms);
  }
  report("P8 deploy from git, cached build", {
    "docker build + run to first 200 (median of 5)": ms(median(peers)),
    "homeport deploy --git --wait": ms(median(ours)),
    "limit: 1.3 x docker + 1 s": ms(median(peers) * 1.3 + 1_000),
  });
} finally {
  await platform.stop();
  await git.stop();
  await engine.stop();
}
