import { createRequire } from "node:module";
import type { RE2JS } from "re2js";
import { MAX_RULES, RULE_KINDS, type SignInRule, type Verdict } from "./sign-in-rule.ts";

type Pattern = Pick<SignInRule, "kind" | "pattern">;

/**
 * Deny wins. When there is any rule that allows, an address must match one of them; without such a rule everybody may whom
 * none denies.
 */
export const judge = (rules: readonly SignInRule[], email: string): Verdict => {
  const matching = rules.filter((rule) => matchesRule(rule, email)).toSorted(byPrecision);
  const denying = matching.find(({ effect }) => effect === "deny");
  if (denying !== undefined) return { allowed: false, rule: denying, registers: null };
  const allowing = matching.find(({ effect }) => effect === "allow") ?? null;
  const allowed = allowing !== null || !rules.some(({ effect }) => effect === "allow");
  return { allowed, rule: allowing, registers: matching.find(({ admission }) => admission !== null) ?? null };
};

/** The most precise kind first, then the oldest: so that one rule decides, whatever order they come in. */
const byPrecision = (a: SignInRule, b: SignInRule): number =>
  RULE_KINDS.indexOf(a.kind) - RULE_KINDS.indexOf(b.kind) ||
  a.createdAt.getTime() - b.createdAt.getTime() ||
  (a.id < b.id ? -1 : 1);

/** Whether a rule is about this address, which is in lower case. A pattern that is none matches nothing. */
export const matchesRule = ({ kind, pattern }: Pattern, email: string): boolean => {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  switch (kind) {
    case "email":
      return email === pattern;
    case "domain":
      return domain === pattern;
    case "glob":
      return matchesGlob(pattern, pattern.includes("@") ? email : domain);
    case "regex":
      return compile(pattern)?.matches(email) === true; // `matches` is anchored at both ends
  }
};

/** `*` stands for any number of characters, `?` for one. At most pattern × text steps. */
const matchesGlob = (pattern: string, text: string): boolean => {
  let [at, inText, star, resume] = [0, 0, -1, 0];
  while (inText < text.length) {
    if (pattern[at] === "*") {
      [star, resume] = [at, inText];
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[inText])) {
      at += 1;
      inText += 1;
    } else if (star !== -1) {
      resume += 1;
      [at, inText] = [star + 1, resume];
    } else return false;
  }
  return [...pattern.slice(at)].every((rest) => rest === "*");
};

/** Steps that an expression may have: each may be tried at each character of an address, for each of the rules. */
const MAX_STEPS = 500;

/** RE2: time linear in the address, whatever the expression (no backtracking, so no references to groups either). */
const compile = (pattern: string): RE2JS | null => {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= 2 * MAX_RULES) compiled.clear();
  const made = compileAnew(pattern);
  compiled.set(pattern, made);
  return made;
};

/** Compiling takes a hundred times as long as matching, and every rule is looked at for every sign-in. */
const compiled = new Map<string, RE2JS | null>();

const require = createRequire(import.meta.url);

/** The engine is loaded with the first rule that needs it: it takes 4 MiB, and few have one. */
const engine = (): typeof RE2JS => (require("re2js") as { RE2JS: typeof RE2JS }).RE2JS;

const compileAnew = (pattern: string): RE2JS | null => {
  const RE2 = engine();
  try {
    const made = RE2.compile(pattern, RE2.CASE_INSENSITIVE);
    return made.programSize() <= MAX_STEPS ? made : null;
  } catch {
    return null;
  }
};

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const GLOB = /^[\x21-\x7e]+$/;

/** The pattern as it is stored, or what is wrong with it. */
export const readPattern = ({ kind, pattern }: Pattern): { pattern: string } | { problem: string } => {
  const lower = pattern.toLowerCase();
  switch (kind) {
    case "email":
      return ADDRESS.test(lower) ? { pattern: lower } : { problem: "use an e-mail address like ada@example.com" };
    case "domain":
      return DOMAIN.test(lower)
        ? { pattern: lower }
        : { problem: "use a domain like example.com; for what is below it, a glob like *.example.com" };
    case "glob":
      return GLOB.test(lower) ? { pattern: lower } : { problem: "use letters, digits, signs, * and ?, without blanks" };
    case "regex":
      return compile(pattern) === null
        ? {
            problem:
              "this is no RE2 expression (references to groups and looking around are not possible), or too large a one",
          }
        : { pattern };
  }
};
