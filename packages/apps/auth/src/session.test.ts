import { expect, test } from "bun:test";
import { ABSOLUTE_MS, IDLE_MS, isExpired } from "./session.ts";

const now = new Date("2026-06-01T12:00:00Z");
const lifetime = { idleMs: IDLE_MS, absoluteMs: ABSOLUTE_MS };
const ago = (ms: number) => new Date(now.getTime() - ms);

const rows: { name: string; ageMs: number; idleMs: number; expired: boolean }[] = [
  { name: "a new one", ageMs: 0, idleMs: 0, expired: false },
  { name: "one used within the week", ageMs: IDLE_MS + 1, idleMs: IDLE_MS, expired: false },
  { name: "one not used for a week", ageMs: IDLE_MS + 1, idleMs: IDLE_MS + 1, expired: true },
  { name: "one used every day for a month", ageMs: ABSOLUTE_MS, idleMs: 0, expired: false },
  { name: "one older than a month, however often used", ageMs: ABSOLUTE_MS + 1, idleMs: 0, expired: true },
];
for (const { name, ageMs, idleMs, expired } of rows) {
  test(`${name} has ${expired ? "" : "not "}ended`, () => {
    expect(isExpired({ createdAt: ago(ageMs), lastSeenAt: ago(idleMs) }, lifetime, now)).toBe(expired);
  });
}
