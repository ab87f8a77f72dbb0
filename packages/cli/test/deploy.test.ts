import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT, deployment, problem, service } from "./stub-platform.ts";

const { accept, cli, dir, platform } = serviceCommands();
const notThere = () => problem(404, "not_found", "There is no such service.");

describe("deploy", () => {
  test("of a folder sends its files, makes what is missing, and prints one JSON document", async () => {
    writeFileSync(join(dir, "index.js"), "console.log(1)");
    const uploadId = Bun.randomUUIDv7();
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("POST /deployments/projects", () =>
      Response.json({ id: uploadId, slug: "shop", createdAt: AT }, { status: 201 }),
    );
    platform.on("POST /deployments/projects/shop/services", () => Response.json(service(), { status: 201 }));
    platform.on("POST /ci/uploads", () => Response.json({ id: uploadId, sizeBytes: 1, sha256: "x" }, { status: 201 }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment());
    const { code, stdout, stderr } = await cli(["deploy", ...TARGET, "--port", "8081", "--wait", "--json"]);
    expect([code, stderr]).toEqual([0, "==> Uploading 1 files\n"]);
    const { url, digest } = deployment();
    expect(JSON.parse(stdout)).toEqual({ url, deploymentId: deployment().id, release: 3, digest, state: "live" });
    expect(platform.routesSeen().slice(0, 6)).toEqual([
      `GET ${SERVICE}`,
      "GET /deployments/projects/shop/services",
      "POST /deployments/projects",
      "POST /deployments/projects/shop/services",
      "POST /ci/uploads",
      `POST ${SERVICE}/deployments`,
    ]);
    expect(platform.seen[3]?.body).toMatchObject({ slug: "api", source: { kind: "upload" }, settings: { port: 8081 } });
    expect(platform.seen[5]?.body).toMatchObject({ uploadId });
    expect(new Set(platform.seen.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hp_x"]));
  });

  test("of a known service changes nothing, and deploys what it is made from", async () => {
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "git", url: "https://example.com/a.git" } }));
    accept();
    const { code, stdout, stderr } = await cli(["deploy", ...TARGET]);
    expect([code, stdout]).toEqual([0, `${deployment().url}\n`]);
    expect(stderr).toContain("is on its way");
    expect(platform.routesSeen()).toEqual([`GET ${SERVICE}`, `POST ${SERVICE}/deployments`]);
  });

  test("with another source or setting changes those, and keeps the others", async () => {
    platform.on(`GET ${SERVICE}`, service());
    platform.on(`PATCH ${SERVICE}`, service());
    accept();
    await cli(["deploy", ...TARGET, "--image", "nginx:1.27", "--health-path", "/up"]);
    expect(platform.seen[1]?.body).toMatchObject({
      source: { kind: "image", reference: "nginx:1.27" },
      settings: { port: 8080, graceSeconds: 15, health: { kind: "http", path: "/up" } },
    });
  });

  test("that fails says why with the last lines, exit 1; as JSON the reason is in the document", async () => {
    const reason = { code: "crashed", message: "The process ended.", exitCode: 3, lastLines: ["boom"] };
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment({ state: "failed", reason, release: null, digest: null }));
    const text = await cli(["deploy", ...TARGET, "--wait"]);
    expect([text.code, text.stdout]).toEqual([1, ""]);
    for (const line of ["The deployment failed: The process ended.", "Exit code: 3", "    boom"]) {
      expect(text.stderr).toContain(line);
    }
    const json = await cli(["deploy", ...TARGET, "--wait", "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([1, expect.objectContaining({ state: "failed", reason })]);
  });

  test("ends when its deployment can no longer be followed, although the build log is still asked for", async () => {
    const buildLog = "build.0199f000-0000-7000-8000-00000000000b";
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept({ buildLog, state: "building" });
    platform.on(`GET ${SERVICE}/deployments/:id`, () => problem(403, "forbidden", "Your role has changed."));
    platform.on(`GET /logging/streams/${buildLog}/tail`, () => problem(503, "unavailable", "Later."));
    const { code, stderr } = await cli(["deploy", ...TARGET, "--wait"]);
    expect(code).toBe(1);
    expect(stderr).toContain("Your role has changed.");
  });

  test("shows the build log as it comes, and goes on waiting while the platform restarts", async () => {
    const building = deployment({ state: "building", buildLog: `build.${deployment().id}` });
    const answers = [
      () => Response.json(building),
      () => new Response("bad gateway", { status: 502 }),
      () => problem(503, "unavailable", "Not now."),
      () => Response.json(deployment({ buildLog: building.buildLog })),
    ];
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, () =>
      answers.length > 1 ? (answers.shift() as () => Response)() : (answers[0] as () => Response)(),
    );
    platform.on(`GET /logging/streams/${building.buildLog}/tail`, () => {
      const line = JSON.stringify({ n: 1, at: AT, stream: "stdout", text: "installing…" });
      return new Response(`id: 1\ndata: ${line}\n\nevent: end\ndata: {}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      });
    });
    const { code, stdout, stderr } = await cli(["deploy", ...TARGET, "--wait"]);
    expect([code, stdout]).toEqual([0, `${deployment().url}\n`]);
    expect(stderr).toContain("==> Building\n");
    expect(stderr).toContain("    installing…\n");
    expect(stderr).toContain("==> Live\n");
  });

  test("that is refused leaves no empty project behind", async () => {
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("POST /deployments/projects", () =>
      Response.json({ id: deployment().id, slug: "shop", createdAt: AT }, { status: 201 }),
    );
    platform.on("POST /deployments/projects/shop/services", () => problem(400, "invalid", "source.url: use a git URL"));
    platform.on("DELETE /deployments/projects/shop", { removed: true });
    const { code, stderr } = await cli(["deploy", ...TARGET, "--git", "ftp://x"]);
    expect([code, stderr]).toEqual([1, "source.url: use a git URL\n"]);
    expect(platform.routesSeen()).toContain("DELETE /deployments/projects/shop");
    platform.on("POST /deployments/projects", () => problem(409, "conflict", "It is there."));
    platform.seen.length = 0;
    await cli(["deploy", ...TARGET, "--git", "ftp://x"]);
    expect(platform.routesSeen()).not.toContain("DELETE /deployments/projects/shop");
  });

  test("whose upload is refused takes away again what it made", async () => {
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("GET /deployments/projects/shop/services", { items: [], nextCursor: null });
    platform.on("POST /deployments/projects/shop/services", () => Response.json(service(), { status: 201 }));
    platform.on("POST /ci/uploads", () => problem(403, "forbidden", "Your role does not allow this."));
    const { code, stderr } = await cli(["deploy", ".", ...TARGET]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("Your role does not allow this.")]);
    expect(platform.routesSeen()).toEqual([
      `GET ${SERVICE}`,
      "GET /deployments/projects/shop/services",
      "POST /deployments/projects/shop/services",
      "POST /ci/uploads",
      `DELETE ${SERVICE}`,
    ]);
  });

  test("into a project that is there, by who may make no service, is refused for that before anything is sent", async () => {
    const refusal = "Your role does not allow service:create here.";
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("GET /deployments/projects/shop/services", { items: [], nextCursor: null });
    platform.on("POST /deployments/projects/shop/services", () => problem(403, "forbidden", refusal));
    const { code, stdout, stderr } = await cli(["deploy", ".", ...TARGET]);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `${refusal}\n` });
    expect(platform.routesSeen()).not.toContain("POST /deployments/projects");
  });
});
