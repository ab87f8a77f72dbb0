import { expect, test } from "bun:test";
import { isWithin } from "./api-token.ts";

const rows: { scope: string; others: string[]; within: boolean }[] = [
  { scope: "*", others: ["*"], within: true },
  { scope: "*", others: ["project:*", "service:*"], within: false },
  { scope: "project:*", others: ["*"], within: true },
  { scope: "project:*", others: ["project:*"], within: true },
  { scope: "project:*", others: ["project:read"], within: false },
  { scope: "project:read", others: ["project:*"], within: true },
  { scope: "project:read", others: ["service:*", "project:read"], within: true },
  { scope: "project:read", others: ["project:remove"], within: false },
  { scope: "project:read", others: [], within: false },
];
for (const { scope, others, within } of rows) {
  test(`${scope} is ${within ? "" : "not "}within [${others}]`, () => {
    expect(isWithin(scope, others)).toBe(within);
  });
}
