import { afterAll, beforeAll, expect, test } from "bun:test";
import { stickyValue } from "../src/policies/sticky.ts";
import { waitForAnswers } from "./conformance/answers.ts";
import { valuesOf } from "./conformance/http-reader.ts";
import { requestOf } from "./conformance/request-bytes.ts";
import { PolicyStage } from "./policy-stage.ts";
import { target, workload } from "./records.ts";

let stage: PolicyStage;
beforeAll(async () => {
  stage = await PolicyStage.open();
});
afterAll(() => stage.close());

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

test("a visitor is told the replica that answered, not one that was tried before it", async () => {
  const upstream = await stage.startUpstream(({ socket }) => void socket.write(OK));
  const live = target(upstream.port);
  const route = workload(["app.localhost"], [target(1), live]);
  await stage.serveRoute({ sticky: true }, route);
  const client = await stage.connect();
  client.send(requestOf("GET /").repeat(4)); // in turns, so that the dead one is tried first at least once
  const answers = await waitForAnswers(client, "GET", "GET", "GET", "GET");
  const name = `homeport-replica=${stickyValue(live.replicaId, route.workloadId)}`;
  const cookies = answers.map((answer) => valuesOf(answer, "Set-Cookie").map((cookie) => cookie.split(";", 1)[0]));
  expect(cookies).toEqual([[name], [name], [name], [name]]);
  client.socket.destroy();
});

test("a visitor whose first request opens a WebSocket is told the replica too", async () => {
  const upstream = await stage.startUpstream(({ socket }) => void socket.write(SWITCHED));
  const route = workload(["app.localhost"], [target(upstream.port)]);
  await stage.serveRoute({ sticky: true }, route);
  const client = await stage.connect();
  client.send(requestOf("GET /", "Connection: Upgrade", "Upgrade: websocket"));
  await client.waitFor("\r\n\r\n");
  const [replica] = route.targets;
  expect(client.text).toContain(`homeport-replica=${stickyValue(replica?.replicaId ?? "", route.workloadId)};`);
  client.socket.destroy();
});
