import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { testValkey } from "../../test/valkey.ts";
import { waitFor } from "../../test/wait-for.ts";
import { pipeChannel } from "../registry/keys.ts";
import { connectValkey, type Redis } from "../valkey.ts";
import { createPipes, PIPE_END, type Pipes } from "./pipe.ts";

let server: Awaited<ReturnType<typeof testValkey>>;
/** Two instances of apps, each with connections of its own. */
let asking: { valkey: Redis; pipes: Pipes };
let answering: { valkey: Redis; pipes: Pipes };

const instance = () => {
  const valkey = connectValkey(server.url);
  return { valkey, pipes: createPipes(valkey, { beatMs: 50, silenceMs: 2_000 }) };
};
beforeAll(async () => {
  server = await testValkey();
  asking = instance();
  answering = instance();
});
afterAll(async () => {
  for (const { valkey, pipes } of [asking, answering]) {
    await pipes.close();
    valkey.disconnect();
  }
  await server.close();
});

const nothing = () => {};

/** Both ends of a pipe, and what each has received. */
const pair = async () => {
  const id = Bun.randomUUIDv7();
  const [atAsker, atAnswerer]: [string[], string[]] = [[], []];
  const asker = await asking.pipes.open(id, "asker", (bytes) => atAsker.push(Buffer.from(bytes).toString("latin1")));
  const answerer = await answering.pipes.open(id, "answerer", (bytes) =>
    atAnswerer.push(Buffer.from(bytes).toString("latin1")),
  );
  return { id, asker, answerer, atAsker, atAnswerer };
};

describe("a pipe between two instances", () => {
  test("passes bytes on both ways, all of them and in order", async () => {
    const { asker, answerer, atAsker, atAnswerer } = await pair();
    await asker.joined;
    const all = Array.from({ length: 500 }, (_, at) => `${at}\0\u00ff`);
    for (const text of all) {
      asker.send(Buffer.from(text, "latin1"));
      answerer.send(Buffer.from(text, "latin1"));
    }
    await waitFor(() => atAsker.length === 500 && atAnswerer.length === 500);
    expect(atAsker).toEqual(all);
    expect(atAnswerer).toEqual(all);
    asker.end(1000, "");
    await answerer.ended;
  });

  test("ends for both with what one of them says, and passes nothing on after", async () => {
    const { asker, answerer, atAsker } = await pair();
    answerer.end(4321, "enough");
    answerer.send(Buffer.from("late"));
    expect(await asker.ended).toEqual({ code: 4321, reason: "enough" });
    expect(await answerer.ended).toEqual({ code: 4321, reason: "enough" });
    expect(atAsker).toEqual([]);
  });

  test("is none for who answers when nobody asks", async () => {
    const alone = await answering.pipes.open(Bun.randomUUIDv7(), "answerer", nothing);
    expect(await alone.ended).toMatchObject({ code: PIPE_END.gone });
  });

  test("waits for who answers, and ends when their process does", async () => {
    const third = instance();
    const id = Bun.randomUUIDv7();
    const asker = await asking.pipes.open(id, "asker", nothing);
    let hasJoined = false;
    void asker.joined.then(() => {
      hasJoined = true;
    });
    await asking.valkey.ping();
    expect(hasJoined).toBe(false);
    await third.pipes.open(id, "answerer", nothing);
    await asker.joined;
    third.valkey.disconnect();
    await third.pipes.close(); // cannot say so any more: its connections are gone
    expect(await asker.ended).toMatchObject({ code: PIPE_END.gone });
  });

  test("ends where something was lost, instead of reading on behind it", async () => {
    const { id, asker, answerer, atAnswerer } = await pair();
    await asker.joined;
    const message = Buffer.concat([Buffer.of(0, 0, 0, 0x7f, 0xff), Buffer.from("later")]);
    await asking.valkey.publish(pipeChannel(id, "answerer"), message);
    expect(await answerer.ended).toMatchObject({ code: PIPE_END.broken });
    expect(await asker.ended).toMatchObject({ code: PIPE_END.broken });
    expect(atAnswerer).toEqual([]);
  });
});
