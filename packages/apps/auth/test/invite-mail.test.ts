import { afterAll, beforeAll, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type OrganisationWorld, startOrganisationWorld } from "./organisation-world.ts";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";

let sink: SmtpSink;
let world: OrganisationWorld;
beforeAll(async () => {
  sink = await startSmtpSink();
  world = await startOrganisationWorld({ settingEnv: sink.env });
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await sink?.stop();
});

const mailsTo = (email: string) => sink.mails.filter(({ to }) => to === email);

test("an invite is mailed with its link where mail is set up, and once more when it is sent again", async () => {
  const email = "guest@example.com";
  const invite = { email, role: "viewer" };
  const { body } = await world.call("POST", "/invites", world.ada.headers, invite);
  expect(body.mailed).toBe(true);
  await waitFor(() => mailsTo(email).length === 1);
  expect(mailsTo(email)[0]).toMatchObject({ subject: "Ada invites you to home on Homeport" });
  expect(mailsTo(email)[0]?.text).toContain(body.link);
  const again = await world.call("POST", `/invites/${body.invite.id}/resend`, world.ada.headers, {});
  await waitFor(() => mailsTo(email).length === 2);
  expect(mailsTo(email)[1]?.text).toContain(again.body.link);
});

test("an invite that is refused mails nothing", async () => {
  const email = "nobody@example.com";
  await world.call("POST", "/invites", world.ada.headers, { email, teams: ["nothing"] });
  const last = { email: "last@example.com" };
  await world.call("POST", "/invites", world.ada.headers, last);
  await waitFor(() => mailsTo(last.email).length === 1);
  expect(mailsTo(email)).toEqual([]);
});
