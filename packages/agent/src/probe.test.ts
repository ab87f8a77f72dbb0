import { afterAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import type { Address, Health } from "@homeport/clusters/contract.ts";
import { explainProbe, probe } from "./probe.ts";

const never = new AbortController().signal;
const http = (path = "/"): Health => ({ kind: "http", path, timeoutSeconds: 60, intervalSeconds: 10 });
const tcp: Health = { kind: "tcp", timeoutSeconds: 60, intervalSeconds: 10 };

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** Answers every connection with these bytes; null: with nothing, and stays open. */
const answering = (bytes: string | null): Promise<Address> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      if (bytes !== null) socket.end(bytes);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1", () =>
      resolve({ host: "127.0.0.1", port: (server.address() as { port: number }).port }),
    );
  });

const closedPort = async (): Promise<Address> => {
  const address = await answering("");
  servers.pop()?.close();
  return address;
};

test.each([
  { name: "200 is ready", bytes: "HTTP/1.1 200 OK\r\n\r\n", result: { kind: "ready" } },
  { name: "204 is ready", bytes: "HTTP/1.0 204 No Content\r\n\r\n", result: { kind: "ready" } },
  {
    name: "a redirect is not, and where it leads is told",
    bytes: "HTTP/1.1 302 Found\r\nX-Location: /no\r\nlocation: /login?next=%2F \r\n\r\nLocation: /nor this",
    result: { kind: "status", status: 302, location: "/login?next=%2F" },
  },
  {
    name: "a redirect whose header never ends is told without",
    bytes: "HTTP/1.1 301 Moved\r\nlocation: /lo",
    result: { kind: "status", status: 301 },
  },
  {
    name: "a redirect with an endless header is told without",
    bytes: `HTTP/1.1 308 Moved\r\nx: ${"x".repeat(100_000)}`,
    result: { kind: "status", status: 308 },
  },
  { name: "304 is not", bytes: "HTTP/1.1 304 Not Modified\r\n\r\n", result: { kind: "status", status: 304 } },
  { name: "404 is not", bytes: "HTTP/1.1 404 Not Found\r\n\r\n", result: { kind: "status", status: 404 } },
  { name: "500 is not", bytes: "HTTP/1.1 500 Oops\r\n\r\n", result: { kind: "status", status: 500 } },
  { name: "another protocol is not", bytes: "SSH-2.0-OpenSSH_9.2 and more words\r\n", result: { kind: "broken" } },
  { name: "a connection that closes is not", bytes: "", result: { kind: "broken" } },
])("over HTTP, $name", async ({ bytes, result }) => {
  expect(await probe(await answering(bytes), http(), never)).toEqual(result as never);
});

test("a port nobody listens on is closed, for HTTP and TCP alike", async () => {
  const address = await closedPort();
  expect(await probe(address, http(), never)).toEqual({ kind: "closed" });
  expect(await probe(address, tcp, never)).toEqual({ kind: "closed" });
});

test("a server that accepts and says nothing is silent over HTTP and ready over TCP", async () => {
  const address = await answering(null);
  const stop = new AbortController();
  const asking = probe(address, http(), stop.signal);
  expect(await probe(address, tcp, never)).toEqual({ kind: "ready" });
  stop.abort(); // stands for the time limit
  expect((await asking).kind).not.toBe("ready");
});

test("without a health check everything that runs is ready", async () => {
  expect(await probe(await closedPort(), { kind: "none" }, never)).toEqual({ kind: "ready" });
});

test("the probe asks for the path and says who it is", async () => {
  const asked = Promise.withResolvers<string>();
  const server = createServer((socket) =>
    socket.on("data", (chunk) => {
      asked.resolve(chunk.toString());
      socket.end("HTTP/1.1 200 OK\r\n\r\n");
    }),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await probe({ host: "127.0.0.1", port }, http("/healthz?deep=1"), never);
  const lines = (await asked.promise).split("\r\n");
  expect(lines[0]).toBe("GET /healthz?deep=1 HTTP/1.1");
  expect(lines).toContain(`Host: 127.0.0.1:${port}`);
  expect(lines).toContain("User-Agent: homeport-probe");
});

const tried = { address: { host: "10.1.2.3", port: 3000 }, port: 3000, health: http("/health") };

test.each([
  {
    result: { kind: "closed" } as const,
    deadline: 60,
    code: "not_listening",
    says: ["port 3000", "10.1.2.3:3000", "within 60 seconds", "PORT", "0.0.0.0"],
  },
  {
    result: { kind: "status", status: 500 } as const,
    deadline: 60,
    code: "unhealthy",
    says: ["GET /health", "answered 500", "within 60 seconds"],
  },
  {
    result: { kind: "status", status: 302, location: "/login" } as const,
    deadline: 60,
    code: "unhealthy",
    says: ["answered 302", "redirect to /login", "200 to 299"],
  },
  { result: { kind: "status", status: 503 } as const, deadline: null, code: "unhealthy", says: ["answered 503"] },
  {
    result: { kind: "silent" } as const,
    deadline: 60,
    code: "unhealthy",
    says: ["GET /health", "no answer in 5 seconds"],
  },
  { result: { kind: "broken" } as const, deadline: null, code: "unhealthy", says: ["did not get an HTTP answer"] },
])("$result.kind is explained in words ($deadline)", ({ result, deadline, code, says }) => {
  const reason = explainProbe(result, tried, deadline, ["last line"]);
  expect(reason).toMatchObject({ code, lastLines: ["last line"] });
  for (const words of says) expect(reason.message).toContain(words);
});
