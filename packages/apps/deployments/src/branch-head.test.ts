import { expect, test } from "bun:test";
import { type BranchHead, judgeHead, type Seen } from "./branch-head.ts";

const [A, B, C, D] = ["a", "b", "c", "d"].map((digit) => digit.repeat(40)) as [string, string, string, string];
const push = (before: string | null, commit: string, isForced: boolean | null = null): Seen => ({
  before,
  commit,
  isForced,
});

/** Where a branch is after some pushes, and what each was. */
const after = (...pushes: Seen[]): { commit: string | undefined; verdicts: string[] } => {
  let head: BranchHead | null = null;
  const verdicts = pushes.map((seen) => {
    const verdict = judgeHead(head, seen);
    if (verdict.verdict === "new") head = verdict.head;
    return verdict.verdict;
  });
  return { commit: (head as BranchHead | null)?.commit, verdicts };
};

test("pushes in their order are each new", () => {
  expect(after(push(null, A), push(A, B), push(B, C))).toEqual({ commit: C, verdicts: ["new", "new", "new"] });
});

test("the same commit again is not new", () => {
  expect(after(push(A, B), push(A, B)).verdicts).toEqual(["new", "same"]);
});

test("a push that comes after a newer one is older", () => {
  expect(after(push(null, A), push(B, C), push(A, B))).toEqual({ commit: C, verdicts: ["new", "new", "older"] });
});

test("three pushes come out at the newest one in whatever order they arrive after it", () => {
  expect(after(push(A, B), push(C, D), push(B, C)).commit).toBe(D);
});

test("going back is new: from where the branch is, or said to be forced", () => {
  expect(after(push(null, A), push(A, B), push(B, A)).commit).toBe(A);
  expect(after(push(null, A), push(A, B), push(C, A, true)).commit).toBe(A);
});

test("what the server says when it is asked is so", () => {
  expect(after(push(null, A), push(A, B), push(null, A, true)).commit).toBe(A);
});

test("what is kept of a branch is bounded", () => {
  let head: BranchHead = { commit: A, earlier: [] };
  for (let i = 0; i < 200; i += 1) {
    const verdict = judgeHead(head, push(head.commit, i.toString(16).padStart(40, "0")));
    if (verdict.verdict === "new") head = verdict.head;
  }
  expect(head.earlier).toHaveLength(50);
});
