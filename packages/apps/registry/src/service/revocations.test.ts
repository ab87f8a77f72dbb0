import { expect, test } from "bun:test";
import { createRevocations } from "./revocations.ts";

const KEPT_MS = 300_000;
const HOME = "0199f000-0000-7000-8000-000000000001";
const ada = {
  organisation: HOME,
  id: "0199f000-0000-7000-8000-00000000000a",
  tokenId: "0199f000-0000-7000-8000-0000000000a1",
};
const bob = {
  organisation: HOME,
  id: "0199f000-0000-7000-8000-00000000000b",
  tokenId: "0199f000-0000-7000-8000-0000000000b1",
};
const eve = {
  organisation: "0199f000-0000-7000-8000-000000000002",
  id: "0199f000-0000-7000-8000-00000000000e",
  tokenId: null,
};

const scene = (maxChanges = 100) => {
  let now = 0;
  const revocations = createRevocations(KEPT_MS, () => now, maxChanges);
  return {
    pass: (ms: number) => {
      now += ms;
    },
    change: (seq: number, data: Record<string, string>, organisationId: string | null = null) =>
      revocations.note({ seq, organisationId, data }),
    voidAt: (seq: number) =>
      Object.entries({ ada, bob, eve }).flatMap(([name, holder]) => (revocations.isVoid(holder, seq) ? [name] : [])),
  };
};

const rows: [name: string, data: Record<string, string>, organisationId: string | null, touched: string[]][] = [
  ["a person", { personId: ada.id }, null, ["ada"]],
  ["a person in an organisation", { personId: ada.id }, HOME, ["ada"]],
  ["a service account", { serviceAccountId: bob.id }, HOME, ["bob"]],
  ["one token", { tokenId: bob.tokenId, personId: bob.id }, HOME, ["bob"]],
  ["another token of a person", { tokenId: crypto.randomUUID(), personId: bob.id }, HOME, []],
  ["a session, which has no token here", { sessionId: crypto.randomUUID() }, null, []],
  ["an organisation", {}, HOME, ["ada", "bob"]],
  ["everybody", {}, null, ["ada", "bob", "eve"]],
];
test.each(rows)(
  "a change of %s makes void what was given before, and nothing else",
  (_name, data, organisationId, touched) => {
    const { change, voidAt } = scene();
    change(7, data, organisationId);
    expect([voidAt(6), voidAt(7), voidAt(8)]).toEqual([touched, [], []]);
  },
);

test("an older change that comes late undoes nothing", () => {
  const { change, voidAt } = scene();
  change(7, { personId: ada.id });
  change(5, { personId: ada.id });
  expect(voidAt(6)).toEqual(["ada"]);
});

test("a change is forgotten when no token from before it can work any more, and not earlier", () => {
  const { change, voidAt, pass } = scene();
  change(1, { personId: ada.id });
  pass(KEPT_MS);
  change(2, { personId: bob.id });
  expect(voidAt(0)).toEqual(["ada", "bob"]);
  pass(1);
  change(3, { personId: bob.id });
  expect(voidAt(0)).toEqual(["bob"]);
});

test("more changes than are remembered make everything of before them void", () => {
  const { change, voidAt } = scene(3);
  change(5, { personId: ada.id });
  for (let seq = 6; seq < 9; seq += 1) change(seq, { personId: crypto.randomUUID() });
  expect([voidAt(7), voidAt(8)]).toEqual([["ada", "bob", "eve"], []]);
});
