import { expect, test } from "bun:test";
import { BuildFailure } from "../build-failure.ts";
import { GitUrl } from "../git-url.ts";
import { locateRepository } from "./git-probe.ts";

const never = new AbortController().signal;
const rules = { allowPrivateHosts: true };

/** A server of something, and a name that leads to it the first time only. */
const scene = () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  let asked = 0;
  const resolve = async () => (asked++ === 0 ? ["127.0.0.1"] : ["169.254.169.254"]);
  return { port: server.port, resolve, timesAsked: () => asked, stop: () => server.stop(true) };
};

test("a name that leads elsewhere the second time was asked for once: git gets the address", async () => {
  const { port, resolve, timesAsked, stop } = scene();
  const location = await locateRepository(
    GitUrl.parse(`ssh://git@forge.example:${port}/a`),
    null,
    rules,
    never,
    resolve,
  );
  expect([location.addresses, timesAsked()]).toEqual([["127.0.0.1"], 1]);
  stop();
});

test("of the addresses of an ssh server, one that answers is taken", async () => {
  const { port, stop } = scene();
  const resolve = async () => ["127.0.0.2", "::1", "127.0.0.1"];
  const location = await locateRepository(
    GitUrl.parse(`ssh://git@forge.example:${port}/a`),
    null,
    rules,
    never,
    resolve,
  );
  expect(location.addresses).toEqual(["127.0.0.1"]);
  stop();
});

test("one forbidden address among those of an ssh server is enough to refuse", async () => {
  const resolve = async () => ["127.0.0.1", "169.254.169.254"];
  const located = locateRepository(GitUrl.parse("ssh://git@forge.example/a"), null, rules, never, resolve);
  await expect(located).rejects.toThrow(/not an address/);
});

test("looking for an ssh server ends with the signal", async () => {
  const ended = new AbortController();
  const reason = new BuildFailure("cancelled", "The build was cancelled.");
  const resolve = async () => {
    ended.abort(reason);
    return ["127.0.0.1"];
  };
  const located = locateRepository(GitUrl.parse("ssh://git@forge.example/a"), null, rules, ended.signal, resolve);
  await expect(located).rejects.toBe(reason);
});
