import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { app } from "../src/index.ts";

type Headers = Record<string, string>;

let platform: TestApp;
let ci: Headers;
beforeAll(async () => {
  platform = await startTestApp(app);
  ci = await platform.asApp("ci");
}, 60_000);
afterAll(() => platform?.stop());

const api = (path: string) => `/api/v1/logging/streams${path}`;
const create = (streamId: string, place: { projectId: string; environmentId?: string }) =>
  platform.json("POST", api(""), ci, { streamId, organisationId: platform.home.id, ...place });
const newStream = async (place: { projectId: string; environmentId?: string }): Promise<string> => {
  const id = `runtime.${newId()}`;
  expect((await create(id, place)).status).toBe(201);
  return id;
};

/** Answers of every way to read a log; a tail is left at once. */
const statusesOf = (id: string, headers: Headers) =>
  Promise.all(
    ["", "/lines", "/tail", "/download"].map(async (path) => {
      const leaving = new AbortController();
      const { status, body } = await platform.request(api(`/${id}${path}`), { headers, signal: leaving.signal });
      await body?.cancel();
      leaving.abort();
      return status;
    }),
  );
const READ = [200, 200, 200, 200];
const HIDDEN = [404, 404, 404, 404];

test("a role in a project or in an environment opens the logs of it, and of no other", async () => {
  const [projectId, environmentId] = [newId(), newId()];
  const [own, sibling, elsewhere] = [
    await newStream({ projectId, environmentId }),
    await newStream({ projectId, environmentId: newId() }),
    await newStream({ projectId: newId(), environmentId: newId() }),
  ];
  const ofProject = platform.home.granted([{ role: "viewer", projectId, environmentId: null }]);
  const ofEnvironment = platform.home.granted([{ role: "deployer", projectId, environmentId }]);
  const service = platform.home.service("member", [{ role: "viewer", projectId, environmentId }]);
  const answers = async (headers: Headers) =>
    Promise.all([own, sibling, elsewhere].map((id) => statusesOf(id, headers)));
  expect(await answers(ofProject)).toEqual([READ, READ, HIDDEN]);
  expect(await answers(ofEnvironment)).toEqual([READ, HIDDEN, HIDDEN]);
  expect(await answers(service)).toEqual([READ, HIDDEN, HIDDEN]);
  expect(await answers(platform.home.granted([]))).toEqual([HIDDEN, HIDDEN, HIDDEN]);
  expect(await answers(platform.home.headers("auditor"))).toEqual([READ, READ, READ]);
});

test("a log from before logs knew their environment learns it from its owner, once, and opens to nobody before", async () => {
  const [projectId, environmentId] = [newId(), newId()];
  const id = await newStream({ projectId });
  const headers = platform.home.granted([{ role: "viewer", projectId, environmentId }]);
  expect(await statusesOf(id, headers)).toEqual(HIDDEN);
  expect((await create(id, { projectId: newId(), environmentId })).status).toBe(409);
  expect(await statusesOf(id, headers)).toEqual(HIDDEN);
  await create(id, { projectId, environmentId });
  expect(await statusesOf(id, headers)).toEqual(READ);
  await create(id, { projectId, environmentId: newId() });
  expect(await statusesOf(id, headers)).toEqual(READ);
});

test("a tail ends when its reader may no longer, and goes on for the others", async () => {
  const place = { projectId: newId(), environmentId: newId() };
  const id = await newStream(place);
  const follow = async (headers: Headers) => {
    const leaving = new AbortController();
    const { status, body } = await platform.request(api(`/${id}/tail`), { headers, signal: leaving.signal });
    expect(status).toBe(200);
    const reader = { hasEnded: false, leave: () => leaving.abort() };
    (async () => {
      for await (const _part of body ?? []);
      reader.hasEnded = true;
    })().catch(() => undefined);
    return reader;
  };
  const leaver = platform.home.granted([{ role: "viewer", ...place }]);
  const [gone, stays] = [await follow(leaver), await follow(platform.home.headers("viewer"))];
  await platform.revoke(leaver);
  await waitFor(() => gone.hasEnded, { timeoutMs: 5_000 });
  expect(stays.hasEnded).toBe(false);
  stays.leave();
});
