import { afterAll, expect, test } from "bun:test";
import { clientError, exportAudit } from "../src/index.ts";

let answer: (request: Request) => Response | Promise<Response>;
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => answer(request) });
afterAll(() => server.stop(true));
const options = { url: `http://127.0.0.1:${server.port}`, token: () => "hp_x" };

const read = async (log: "organisation" | "instance" = "organisation", query = {}): Promise<string> =>
  Buffer.concat(await Array.fromAsync(exportAudit(options, log, query))).toString();

test("an export of either log is read to its end, with the token and what narrows it", async () => {
  const asked: string[] = [];
  answer = (request) => {
    asked.push(`${request.headers.get("authorization")} ${request.url.slice(options.url.length)}`);
    return new Response("one\ntwo\n");
  };
  expect(await read("organisation", { action: "team:", format: "csv" })).toBe("one\ntwo\n");
  expect(await read("instance")).toBe("one\ntwo\n");
  expect(asked).toEqual([
    "Bearer hp_x /api/v1/auth/audit/export?action=team%3A&format=csv",
    "Bearer hp_x /api/v1/auth/admin/audit/export?",
  ]);
});

test("a refusal is told in the platform's words", async () => {
  answer = () => Response.json({ status: 403, code: "forbidden", detail: "Not you." }, { status: 403 });
  expect(await read().catch(clientError)).toMatchObject({ code: "forbidden", message: "Not you." });
});

test("an export that breaks off is an error, not a short file", async () => {
  const broken = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket) {
        socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\none\n\r\n"); // and no last chunk
      },
    },
  });
  const url = `http://127.0.0.1:${broken.port}`;
  const failed = await Array.fromAsync(exportAudit({ ...options, url }, "organisation", {})).catch(clientError);
  broken.stop(true);
  expect(failed).toMatchObject({ code: "unavailable", message: `${url} did not send the export to its end.` });
});
