import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBaseImages } from "../packages/kit/test/base-images/build.ts";
import { startDocker } from "../packages/kit/test/docker.ts";
import { startPlatform } from "../packages/standalone/test/e2e/platform.ts";
import { smallServer, writeFiles } from "../packages/standalone/test/e2e/repositories.ts";
import { docker, runUntilAnswering, untilOk } from "./docker-peer.ts";
import { median, ms, report, timed } from "./report.ts";

/** P7: request to first 200 from the new release, image present, against `docker run` to first 200 of the same image. */
const ROUNDS = 5;
const PORT = 3000;

const untilLive = async (deployment: string): Promise<void> => {
  const state = async () => {
    const found = await platform.client.deployments.deployments.get({ project: "bench", service: "image", deployment });
    return found.state;
  };
  for (let now = await state(); now !== "live"; now = await state()) {
    if (now === "failed") throw new Error("the deployment failed");
    await Bun.sleep(20);
  }
};

const engine = await startDocker();
await ensureBaseImages(engine.socketPath, ["node"]);
const platform = await startPlatform("docker", { DOCKER_HOST: engine.host });
try {
  const dir = mkdtempSync(join(tmpdir(), "hp-bench-"));
  writeFiles(dir, {
    ...smallServer("ok", 'if (process.env.ROUND) text = "round " + process.env.ROUND;'),
    Dockerfile: 'FROM node:22-slim\nCOPY . /app\nWORKDIR /app\nCMD ["node", "server.js"]\n',
  });
  const first = await platform.cliJson([
    "deploy",
    dir,
    "--project",
    "bench",
    "--service",
    "image",
    "--health-path",
    "/healthz",
    "--wait",
  ]);
  const image = `127.0.0.1:${platform.port}/home/bench/image@${first.digest}`;
  const peers: number[] = [];
  const ours: number[] = [];
  const host = new URL(first.url).host;
  for (let round = 0; round < ROUNDS; round += 1) {
    const peer = await timed(() => runUntilAnswering(engine.host, image, PORT));
    peers.push(peer.ms);
    await docker(engine.host, "rm", "--force", peer.result);
    const target = { project: "bench", service: "image" };
    await platform.client.deployments.variables.set({ ...target, values: { ROUND: String(round) } });
    const deploy = await timed(async () => {
      const { id } = await platform.client.deployments.deployments.create({ ...target, what: "configuration" });
      await untilOk(`http://127.0.0.1:${platform.port}/`, { headers: { host } }, `round ${round}`);
      return id;
    });
    ours.push(deploy.ms);
    await untilLive(deploy.result); // the next one would wait for it
  }
  report("P7 deploy of a present image", {
    "docker run to first 200 (median of 5)": ms(median(peers)),
    "deploy request to first 200 from the new release": ms(median(ours)),
    "limit: 1.3 x docker + 300 ms": ms(median(peers) * 1.3 + 300),
  });
} finally {
  await platform.stop();
  await engine.stop();
}
