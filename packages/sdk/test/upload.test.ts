import { afterAll, expect, test } from "bun:test";
import { clientError, uploadArchive } from "../src/index.ts";

let answer: (request: Request) => Response | Promise<Response>;
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => answer(request) });
afterAll(() => server.stop(true));
const options = { url: `http://127.0.0.1:${server.port}`, token: () => "hp_x" };
const uploaded = { id: Bun.randomUUIDv7(), sizeBytes: 3, sha256: "ab" };

test("an archive is sent as it is made, with the token", async () => {
  let got = "";
  answer = async (request) => {
    const { pathname } = new URL(request.url);
    const { headers } = request;
    got = `${pathname} ${headers.get("authorization")} ${headers.get("content-type")} ${await request.text()}`;
    return Response.json(uploaded, { status: 201 });
  };
  const archive = new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode("abc"));
      controller.close();
    },
  });
  expect(await uploadArchive(options, archive)).toEqual(uploaded);
  expect(got).toBe("/api/v1/ci/uploads Bearer hp_x application/gzip abc");
});

test("a refusal is told in the platform's words, nobody there by name", async () => {
  answer = () => Response.json({ status: 413, code: "too_large", detail: "At most 512 MiB." }, { status: 413 });
  const refused = await uploadArchive(options, new Blob(["x"])).catch(clientError);
  expect(refused).toMatchObject({ code: "too_large", message: "At most 512 MiB." });
  const away = await uploadArchive({ ...options, url: "http://127.0.0.1:1" }, new Blob(["x"])).catch(clientError);
  expect(away).toMatchObject({ code: "unavailable", message: "http://127.0.0.1:1 does not take the upload." });
});

test("an archive that cannot be made to its end is an error, not a short upload", async () => {
  answer = async (request) =>
    Response.json({ ...uploaded, sizeBytes: (await request.bytes()).length }, { status: 201 });
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(1000));
      setTimeout(() => controller.error(new Error("a file vanished")), 10);
    },
  });
  expect(uploadArchive(options, broken)).rejects.toThrow("does not take the upload");
});
