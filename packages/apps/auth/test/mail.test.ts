import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { smtpMailer } from "../src/adapters/smtp.ts";
import { MAX_ATTEMPTS, MAX_QUEUED, type MailServer, waitAfter } from "../src/mail.ts";
import { enqueueMail } from "../src/service/mails.ts";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { ADA, startWorld, type World } from "./world.ts";

let sink: SmtpSink;
let world: World;
beforeAll(async () => {
  sink = await startSmtpSink({ user: "homeport", password: "hush hush" });
  world = await startWorld({ settingEnv: sink.env });
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await sink?.stop();
});
beforeEach(async () => {
  sink.refuse(null);
  sink.mails.length = 0;
  await world.database.admin`delete from auth.mails`;
});

const mail = { to: "bob@example.com", subject: "Grüße", text: "A link:\n\n  https://example.com/x?y=z&ä" };

/** Through the pool that the running app has, so that its sender is woken. */
const enqueue = (given = mail) => enqueueMail(world.database.connect("auth"), world.platform.keys, given);

const queued = () => world.database.admin<{ attempts: number; error: string | null; wait: number }[]>`
  select attempts, last_error as error, extract(epoch from send_at - now())::float8 as wait from auth.mails`;

/** Answers `ehlo` with lines that never end, each in time. */
const startDrip = async () => {
  let open = 0;
  const server = createServer((socket) => {
    open += 1;
    socket.write("220 drip\r\n");
    const drip = setInterval(() => socket.write("250-wait\r\n"), 10);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      open -= 1;
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, openCount: () => open, stop: () => server.close() };
};

test("a server that never comes to an end is left after a while, for good", async () => {
  const drip = await startDrip();
  try {
    const server: MailServer = {
      host: "127.0.0.1",
      port: drip.port,
      security: "none",
      login: null,
      from: "homeport@example.com",
    };
    const failure = await smtpMailer(200)
      .send(server, mail)
      .catch((err: unknown) => err);
    expect(failure).toMatchObject({ code: "unavailable" });
    await waitFor(() => drip.openCount() === 0);
  } finally {
    drip.stop();
  }
});

describe("a mail", () => {
  test("is sent, whole, and gone from the queue then", async () => {
    await enqueue();
    await waitFor(() => sink.mails.length === 1);
    expect(sink.mails[0]?.to).toBe("bob@example.com");
    expect(Buffer.from(sink.mails[0]?.text ?? "", "latin1").toString("utf8")).toContain("https://example.com/x?y=z&ä");
    await waitFor(async () => (await queued()).length === 0);
  });

  test("is sealed while it waits", async () => {
    sink.refuse(451);
    await enqueue();
    const [row] = await waitFor(async () => {
      const rows = await world.database.admin<{ sealed: Buffer }[]>`
        select content_sealed as sealed from auth.mails where attempts > 0`;
      return rows.length === 1 ? rows : null;
    });
    expect(row?.sealed.toString("latin1")).not.toContain("https://example.com");
  });

  test("that the server puts off is tried again later, with its words kept", async () => {
    sink.refuse(451);
    await enqueue();
    const [row] = await waitFor(async () => {
      const rows = await queued();
      return rows[0]?.error ? rows : null;
    });
    expect(row).toMatchObject({ attempts: 1, error: expect.stringContaining("refused with 451") });
    expect(row?.wait).toBeGreaterThan(20);
    sink.refuse(null);
    await world.database.admin`update auth.mails set send_at = now()`;
    await enqueue({ ...mail, to: "carol@example.com" }); // wakes the sender, which takes what is due
    await waitFor(() => sink.mails.length === 2);
  });

  test("to somebody whom the server refuses for good is not tried again", async () => {
    sink.refuse(550);
    await enqueue();
    await waitFor(async () => (await queued())[0]?.attempts === MAX_ATTEMPTS);
    expect((await queued())[0]?.error).toContain("refused with 550");
  });

  test("waits longer each time, ten tries within about a day", () => {
    const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, i) => waitAfter(i + 1, 0.5));
    expect(waits[0]).toBe(30_000);
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(18);
    expect(hours).toBeLessThan(26);
  });

  test("is refused when as many wait as may", async () => {
    await world.database.admin`
      insert into auth.mails (id, recipient, content_sealed, send_at)
      select gen_random_uuid(), 'x@example.com', '\\x00', now() + interval '1 hour'
      from generate_series(1, ${MAX_QUEUED})`;
    expect(enqueue()).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("the test of the mail server", () => {
  test("sends one now, for owners of the platform", async () => {
    const owner = await world.signIn();
    expect((await world.post("/mail/test", { to: "bob@example.com" }, owner)).body).toEqual({
      sent: true,
      error: null,
    });
    expect(sink.mails.map(({ to }) => to)).toEqual(["bob@example.com"]);
  });

  test("says what went wrong, and never the password", async () => {
    sink.refuse(550);
    const { status, body } = await world.post("/mail/test", { to: "bob@example.com" }, await world.signIn());
    expect([status, body.sent]).toEqual([200, false]);
    expect(body.error).toContain("refused with 550");
    expect(JSON.stringify(body)).not.toContain("hush");
  });

  test("is for nobody else", async () => {
    await world.addPerson("owner@example.com", "owner");
    await world.database.admin`
      update auth.people set instance_role = 'operator' where email = 'owner@example.com'`;
    const operator = await world.signIn("owner@example.com");
    expect((await world.post("/mail/test", { to: ADA }, operator)).status).toBe(403);
    await world.database.admin`update auth.people set instance_role = null where email = 'owner@example.com'`;
    expect((await world.post("/mail/test", { to: ADA }, operator)).status).toBe(404);
    expect((await world.post("/mail/test", { to: ADA })).status).toBe(401);
    expect(sink.mails).toEqual([]);
  });
});

describe("the SMTP client", () => {
  const server = (given: Partial<MailServer>): MailServer => ({
    host: "127.0.0.1",
    port: sink.port,
    security: "none",
    login: null,
    from: "homeport@example.com",
    ...given,
  });

  test("does not go on without the encryption that was asked for", () => {
    expect(smtpMailer().send(server({ security: "starttls" }), mail)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("says that a server does not answer", () => {
    expect(smtpMailer().send(server({ port: 1 }), mail)).rejects.toMatchObject({ code: "unavailable" });
  });
});
