import { expect, test } from "bun:test";
import { until } from "../../test/until.ts";
import { PasswordQueue } from "./password-queue.ts";

/** Passwords whose verification ends when the test says so. */
class SlowPasswords {
  running: { password: string; end: (isRight: boolean) => void }[] = [];
  mostRunning = 0;
  verified = 0;

  verify = (password: string): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.running.push({ password, end: resolve });
    this.mostRunning = Math.max(this.mostRunning, this.running.length);
    return promise;
  };

  async endAll(): Promise<void> {
    while (this.running.length > 0) {
      this.running.shift()?.end(true);
      this.verified++;
      await Promise.resolve().then(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("two passwords are looked at at once, the others in the order in which they came", async () => {
  const slow = new SlowPasswords();
  const queue = new PasswordQueue(slow.verify);
  const answers = Promise.all(["a", "b", "c", "d", "e"].map((password) => queue.verify("x", password, "hash")));
  await until("two are looked at", () => slow.running.length === 2);
  expect(slow.running.map(({ password }) => password)).toEqual(["a", "b"]);
  slow.running.shift()?.end(true);
  await until("the next one has its turn", () => slow.running.length === 2);
  const late = queue.verify("x", "f", "hash");
  expect(slow.running.map(({ password }) => password)).toEqual(["b", "c"]);
  await slow.endAll();
  expect([...(await answers), await late]).toEqual(["right", "right", "right", "right", "right", "right"]);
  expect(slow.mostRunning).toBe(2);
});

test("one host has sixteen places to wait, all hosts together sixty-four", async () => {
  const slow = new SlowPasswords();
  const queue = new PasswordQueue(slow.verify);
  const ask = (scope: string, count: number) => Array.from({ length: count }, () => queue.verify(scope, "p", "hash"));
  const first = ask("first", 2 + 16 + 5);
  const others = ["second", "third", "fourth"].flatMap((scope) => ask(scope, 16));
  const last = ask("fifth", 1);
  const early = await Promise.all([...first.slice(18), ...last]);
  expect(early).toEqual(["busy", "busy", "busy", "busy", "busy", "busy"]);
  await slow.endAll();
  const rest = await Promise.all([...first.slice(0, 18), ...others]);
  expect(new Set(rest)).toEqual(new Set(["right"]));
  expect(slow.verified).toBe(66);
  expect(slow.mostRunning).toBe(2);
});

test("who gets no turn in time hears that it is busy, and takes no turn later", async () => {
  const slow = new SlowPasswords();
  const queue = new PasswordQueue(slow.verify, 20);
  const first = [queue.verify("x", "a", "hash"), queue.verify("x", "b", "hash")];
  expect(await queue.verify("x", "c", "hash")).toBe("busy");
  await slow.endAll();
  expect(await Promise.all(first)).toEqual(["right", "right"]);
  expect(slow.verified).toBe(2);
});

test("a hash that cannot be read fits no password, and its place is free again", async () => {
  const queue = new PasswordQueue();
  for (const hash of ["$x", "$argon2id$bad", "", "$2b$10$short"])
    expect(await queue.verify("x", "p", hash)).toBe("wrong");
  const hash = await Bun.password.hash("p", { algorithm: "bcrypt", cost: 4 });
  expect(await queue.verify("x", "p", hash)).toBe("right");
  expect(await queue.verify("x", "q", hash)).toBe("wrong");
});
