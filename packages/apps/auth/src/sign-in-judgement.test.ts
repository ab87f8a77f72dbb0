import { describe, expect, test } from "bun:test";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { SignInRuleId } from "./ids.ts";
import { judge, matchesRule, readPattern } from "./sign-in-judgement.ts";
import type { RuleKind, SignInRule } from "./sign-in-rule.ts";

const matches: { kind: RuleKind; pattern: string; yes: string[]; no: string[] }[] = [
  {
    kind: "email",
    pattern: "ada@example.com",
    yes: ["ada@example.com"],
    no: ["bada@example.com", "ada@example.com.evil"],
  },
  {
    kind: "domain",
    pattern: "example.com",
    yes: ["ada@example.com", '"a@b"@example.com'],
    no: ["ada@sub.example.com", "ada@badexample.com", "example.com@evil.org"],
  },
  {
    kind: "glob",
    pattern: "*.example.com",
    yes: ["ada@sub.example.com", "ada@a.b.example.com"],
    no: ["ada@example.com", "ada@example.com.evil.org", "x.example.com@evil.org"],
  },
  {
    kind: "glob",
    pattern: "team-?+*@example.*",
    yes: ["team-a+x@example.com", "team-b+@example.org"],
    no: ["team-ab+x@example.com", "xteam-a+x@example.com"],
  },
  {
    kind: "regex",
    pattern: "[a-c]+@example\\.com|root@.*",
    yes: ["abc@example.com", "root@anywhere.org"],
    no: ["abcd@example.com", "xabc@example.com", "abc@example.com.evil.org", "groot@x.org"],
  },
];

describe("a rule", () => {
  for (const { kind, pattern, yes, no } of matches) {
    test(`by ${kind} ${pattern} is about whole addresses`, () => {
      expect(yes.filter((email) => !matchesRule({ kind, pattern }, email))).toEqual([]);
      expect(no.filter((email) => matchesRule({ kind, pattern }, email))).toEqual([]);
    });
  }

  test("takes no longer for an expression that is made to take long", () => {
    const email = `${"a".repeat(200)}!@example.com`;
    const started = performance.now();
    expect(matchesRule({ kind: "regex", pattern: "(a+)+(a+)+(a+)+@example\\.com" }, email)).toBe(false);
    expect(matchesRule({ kind: "glob", pattern: "*a".repeat(100) }, email)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

const patterns: { kind: RuleKind; pattern: string; stored: string | null }[] = [
  { kind: "email", pattern: "Ada@Example.COM", stored: "ada@example.com" },
  { kind: "email", pattern: "example.com", stored: null },
  { kind: "domain", pattern: "Example.COM", stored: "example.com" },
  { kind: "domain", pattern: "*.example.com", stored: null },
  { kind: "domain", pattern: "ada@example.com", stored: null },
  { kind: "glob", pattern: "*.EXAMPLE.com", stored: "*.example.com" },
  { kind: "glob", pattern: "a b*", stored: null },
  { kind: "regex", pattern: "\\D+@example\\.com", stored: "\\D+@example\\.com" },
  { kind: "regex", pattern: "(a", stored: null },
  { kind: "regex", pattern: "(a)\\1", stored: null },
  { kind: "regex", pattern: "(?=a)b", stored: null },
  {
    kind: "regex",
    pattern: "[a-z]{1,64}@[a-z0-9-]{1,63}\\.example\\.com",
    stored: "[a-z]{1,64}@[a-z0-9-]{1,63}\\.example\\.com",
  },
  { kind: "regex", pattern: "((((a?){10}){10}){10})", stored: null },
];

for (const { kind, pattern, stored } of patterns) {
  test(`the ${kind} ${pattern} is ${stored === null ? "refused" : "taken"}`, () => {
    expect(readPattern({ kind, pattern })).toEqual(
      stored === null ? { problem: expect.any(String) } : { pattern: stored },
    );
  });
}

let count = 0;
const rule = (given: Partial<SignInRule>): SignInRule => {
  count += 1;
  const id = `0199f000-0000-7000-8000-${String(count).padStart(12, "0")}` as SignInRuleId;
  return {
    id,
    effect: "allow",
    kind: "domain",
    pattern: "example.com",
    admission: null,
    note: "",
    createdAt: new Date(count),
    ...given,
  };
};
const admission = { organisationId: "" as OrganisationId, organisationSlug: "home", role: "viewer" as const };

describe("the rules together", () => {
  test("allow everybody while there is none, and register nobody", () => {
    expect(judge([], "ada@example.com")).toEqual({ allowed: true, rule: null, registers: null });
  });

  test("that only deny leave the others alone", () => {
    const deny = rule({ effect: "deny", kind: "email", pattern: "eve@example.com" });
    expect(judge([deny], "eve@example.com")).toEqual({ allowed: false, rule: deny, registers: null });
    expect(judge([deny], "ada@example.com").allowed).toBe(true);
  });

  test("that allow some refuse all others", () => {
    const allow = rule({});
    expect(judge([allow], "ada@example.com")).toEqual({ allowed: true, rule: allow, registers: null });
    expect(judge([allow], "ada@example.org")).toEqual({ allowed: false, rule: null, registers: null });
  });

  test("deny whom another one allows by a more precise pattern", () => {
    const [allow, deny] = [rule({ kind: "email", pattern: "ada@example.com", admission }), rule({ effect: "deny" })];
    expect(judge([allow, deny], "ada@example.com")).toEqual({ allowed: false, rule: deny, registers: null });
  });

  test("register by the most precise rule that does, whatever order they come in", () => {
    const [broad, exact, plain] = [
      rule({ admission }),
      rule({ kind: "email", pattern: "ada@example.com", admission: { ...admission, role: "admin" } }),
      rule({ kind: "email", pattern: "ada@example.com" }),
    ];
    for (const rules of [
      [broad, exact, plain],
      [plain, exact, broad],
    ]) {
      expect(judge(rules, "ada@example.com").registers).toBe(exact);
      expect(judge(rules, "bob@example.com").registers).toBe(broad);
    }
  });
});
