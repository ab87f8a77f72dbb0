import { beforeEach, expect, test } from "bun:test";
import { Flow } from "./flow.ts";
import type { WireSocket } from "./wire-socket.ts";

const LARGE = 64 * 1024;

let calls: string[];
let flow: Flow;

beforeEach(() => {
  calls = [];
  flow = new Flow({
    pause: () => void calls.push("pause"),
    resume: () => void calls.push("resume"),
  } as unknown as WireSocket);
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test("a socket is paused and resumed once, however often that is asked for", () => {
  flow.resume();
  flow.pause();
  flow.pause();
  expect(flow.isPaused).toBe(true);
  flow.resume();
  flow.resume();
  expect(calls).toEqual(["pause", "resume"]);
});

test("after a large read others come first, after a small one not", async () => {
  flow.took(LARGE - 1);
  expect(calls).toEqual([]);
  flow.took(LARGE);
  flow.took(LARGE);
  expect(calls).toEqual(["pause"]);
  expect(flow.isPaused).toBe(false);
  await nextTurn();
  expect(calls).toEqual(["pause", "resume"]);
});

test("what is held back meanwhile stays so until it may go on", async () => {
  flow.took(LARGE);
  flow.pause();
  await nextTurn();
  expect(calls).toEqual(["pause"]);
  flow.resume();
  expect(calls).toEqual(["pause", "resume"]);
});

test("what may go on meanwhile goes on when it is its turn", async () => {
  flow.took(LARGE);
  flow.pause();
  flow.resume();
  expect(calls).toEqual(["pause"]);
  await nextTurn();
  expect(calls).toEqual(["pause", "resume"]);
});

test("a socket that is over is left alone", async () => {
  flow.took(LARGE);
  flow.end();
  await nextTurn();
  flow.pause();
  flow.took(LARGE);
  expect(calls).toEqual(["pause"]);
});
