import { afterAll, beforeAll, expect, test } from "bun:test";
import { ADA, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.stop());

test("without a mail server links are not offered, and asking for one says so", async () => {
  expect((await world.get("/sign-in/methods")).body.items).toEqual([
    { id: "password", label: "Password", kind: "form" },
  ]);
  const { status, body } = await world.post("/sign-in/link", { email: ADA });
  expect([status, body.code]).toEqual([409, "conflict"]);
  expect(await (await world.request("/sign-in")).text()).not.toContain("Mail me a link");
  const form = await world.submit("/sign-in/link", { email: ADA });
  expect(await form.text()).toContain("no mail server is set up");
});

test("without a mail server its test says what is missing", async () => {
  const owner = await world.signIn();
  expect((await world.post("/mail/test", { to: ADA }, owner)).body).toEqual({
    sent: false,
    error: "No mail server is set up: set its host and the sender.",
  });
  expect(await (await world.request("/admin/sign-in", { headers: owner })).text()).toContain(
    "No mail server is set up.",
  );
});
