import { describe, expect, test } from "bun:test";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT, deployment, problem, service } from "./stub-platform.ts";

const { cli, platform } = serviceCommands();
const LOGS = `/logging/streams/${deployment().runtimeLog}`;

describe("logs", () => {
  const lines = [1, 2].map((n) => ({ n, at: AT, stream: "stdout", text: `line ${n}` }));

  test("print what was written, as text or as an object per line", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    expect((await cli(["logs", ...TARGET])).stdout).toBe("line 1\nline 2\n");
    const json = (await cli(["logs", "--json", ...TARGET])).stdout.trim().split("\n");
    expect(json.map((line) => JSON.parse(line))).toEqual(lines);
  });

  test("follow goes on after the last line", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    platform.on(`GET ${LOGS}/tail`, (request) => {
      const after = Number(new URL(request.url).searchParams.get("after"));
      const line = JSON.stringify({ n: after + 1, at: AT, stream: "stderr", text: `line ${after + 1}` });
      return new Response(`id: ${after + 1}\ndata: ${line}\n\nevent: end\ndata: {}\n\n`);
    });
    expect(await cli(["logs", "-f", ...TARGET])).toEqual({ code: 0, stdout: "line 1\nline 2\nline 3\n", stderr: "" });
  });

  test("follow says when access ends, and does not ask to sign in", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    let asked = 0;
    platform.on(`GET ${LOGS}/tail`, () => {
      asked += 1;
      return asked === 1 ? new Response(": open\n\n") : problem(401, "unauthenticated", "Sign in first.");
    });
    const { code, stderr } = await cli(["logs", "-f", ...TARGET]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "Your access ended.\n" });
  });

  test("of what was never deployed are none", async () => {
    platform.on(`GET ${SERVICE}`, service());
    expect(await cli(["logs", ...TARGET])).toEqual({ code: 0, stdout: "", stderr: "Nothing was deployed yet.\n" });
  });
});
