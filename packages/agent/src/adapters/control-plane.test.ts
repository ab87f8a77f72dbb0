import { afterEach, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import type { ContainerEngine } from "../ports.ts";
import { clustersControlPlane } from "./control-plane.ts";

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(async () => {
  await server?.stop(true);
});

const nodeId = newId();
const engine = { info: async () => ({ kind: "process", version: "1" }) } as ContainerEngine;
const observation = { nodeId, generation: 1, replicas: [], tasks: [] };

/** A control plane that has taken report number `taken`, until the next hello. */
const controlPlane = (taken: number) => {
  const asked: string[] = [];
  let last = 0;
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (new URL(request.url).pathname.endsWith("/agent/hello")) {
        asked.push("hello");
        last = asked.length === 1 ? taken : 0; // the late report comes after the first one
        return Response.json({ nodeId, generation: 1 });
      }
      const { sequence } = (await request.json()) as { sequence: number };
      const accepted = sequence > last;
      if (accepted) last = sequence;
      asked.push(`report ${sequence}${accepted ? "" : " refused"}`);
      return Response.json({ generation: 1, accepted });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    asked,
    line: clustersControlPlane({ url, token: () => "t", version: "1", engine, appliedGeneration: () => 1 }),
  };
};

test("a report that is taken for an old one fails, and the next comes after another hello", async () => {
  const { asked, line } = controlPlane(7);
  const { signal } = new AbortController();
  await expect(line.observed(observation, signal)).rejects.toMatchObject({ code: "unavailable" });
  await line.observed(observation, signal);
  await line.observed(observation, signal);
  expect(asked).toEqual(["hello", "report 1 refused", "hello", "report 1", "report 2"]);
});
