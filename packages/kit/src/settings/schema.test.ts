import { describe, expect, test } from "bun:test";
import { defineManifest } from "../manifest.ts";
import type { SettingDeclaration } from "./declaration.ts";
import { readSettingEnvironment } from "./environment.ts";
import { isSimplePattern, wholePattern } from "./pattern.ts";
import { DeclaredSettings, plainFromText, settingSchema } from "./schema.ts";

const common = { key: "it", group: "Things", label: "It", description: "What it is." };
const integer: SettingDeclaration = { ...common, type: "integer", default: 3, min: 1, max: 10, unit: "days" };
const slug: SettingDeclaration = { ...common, type: "text", default: "", maxLength: 8, pattern: "[a-z0-9-]+" };
const url: SettingDeclaration = { ...common, type: "url", default: "" };
const email: SettingDeclaration = { ...common, type: "email", default: "" };
const choice: SettingDeclaration = {
  ...common,
  type: "choice",
  default: "a",
  options: [
    { value: "a", label: "A" },
    { value: "b", label: "B" },
  ],
};
const lines: SettingDeclaration = { ...common, type: "lines", default: [], maxItems: 2 };
const secret: SettingDeclaration = { ...common, type: "secret" };
const flag: SettingDeclaration = { ...common, type: "boolean", default: false };

const rows: { name: string; of: SettingDeclaration; takes: unknown[]; refuses: unknown[]; says: string }[] = [
  { name: "yes or no", of: flag, takes: [true, false], refuses: ["true", 1, null], says: "must be true or false" },
  {
    name: "a whole number",
    of: integer,
    takes: [1, 10],
    refuses: [0, 11, 1.5, "3", null, Number.NaN],
    says: "must be a whole number from 1 to 10 (days)",
  },
  { name: "text with a pattern", of: slug, takes: ["", "a-1"], refuses: ["A"], says: "must match [a-z0-9-]+" },
  {
    name: "text with a length",
    of: slug,
    takes: ["12345678"],
    refuses: ["123456789"],
    says: "must have at most 8 characters",
  },
  {
    name: "text in one line",
    of: { ...common, type: "text", default: "" },
    takes: ["a b"],
    refuses: ["a\nb", "a\0"],
    says: "must be one line",
  },
  {
    name: "an address",
    of: url,
    takes: ["", "https://a.example/b?c"],
    refuses: [
      "a.example",
      "javascript:alert(1)",
      "//a.example",
      "https://ada:secret@a.example",
      "https://token@a.example",
    ],
    says: "must be an address with http:// or https://, without a password",
  },
  {
    name: "an e-mail address",
    of: email,
    takes: ["", "ada@a.example"],
    refuses: ["ada"],
    says: "must be an e-mail address",
  },
  { name: "a choice", of: choice, takes: ["a", "b"], refuses: ["c", "", null], says: "must be one of: a, b" },
  { name: "lines", of: lines, takes: [[], ["a", "b"]], refuses: [["a", "b", "c"]], says: "must have at most 2 lines" },
  { name: "lines of text", of: lines, takes: [], refuses: ["a", null], says: "must be a list of lines" },
  { name: "a secret", of: secret, takes: ["x", "a\nb"], refuses: [""], says: "must not be empty" },
];

describe("a value", () => {
  for (const { name, of, takes, refuses, says } of rows) {
    test(`that is ${name} is taken, another is refused with a sentence`, () => {
      const schema = settingSchema(of);
      for (const value of takes) expect(schema.parse(value)).toEqual(value as never);
      for (const value of refuses) {
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(false);
        expect(parsed.error?.issues[0]?.message).toBe(says);
      }
    });
  }

  test("is read from text, and what means nothing is left for the schema to refuse", () => {
    expect(["on", "TRUE", "1", "", "off", "perhaps"].map((text) => plainFromText(flag, text))).toEqual([
      true,
      true,
      true,
      false,
      false,
      "perhaps",
    ]);
    expect([" 7 ", "-1", "7.5", ""].map((text) => plainFromText(integer, text))).toEqual([7, -1, "7.5", ""]);
    expect(plainFromText(lines, " a \r\n\r\nb\n")).toEqual(["a", "b"]);
    expect(plainFromText(secret, " kept as it is ")).toBe(" kept as it is ");
    expect(plainFromText(slug, " a ")).toBe("a");
  });
});

describe("a pattern", () => {
  test("is a row of characters, of which two may repeat", () => {
    for (const pattern of ["[a-z0-9-]+", "^[a-z][a-z0-9]*$", "\\d{4}-\\d{2}", "v\\d+\\.\\d+", "a.c", "[^\\]x]?"]) {
      expect(isSimplePattern(pattern), pattern).toBe(true);
    }
  });
  test("that could take its time is none", () => {
    for (const pattern of [
      "(a+)+",
      "a|b",
      "a*b*c*",
      "(?=a)a",
      "(a)\\1",
      "[a",
      "a{2,1}",
      "a**",
      "\\p{L}",
      "[z-a]",
      "",
    ]) {
      expect(isSimplePattern(pattern), pattern).toBe(false);
    }
  });
  test("is for the whole text, with and without its ends marked", () => {
    for (const pattern of ["ab+", "^ab+$"]) {
      expect(wholePattern(pattern).test("abb")).toBe(true);
      expect(wholePattern(pattern).test("xabb")).toBe(false);
    }
    expect(wholePattern("a\\$").test("a$")).toBe(true);
  });
});

describe("declarations", () => {
  const problems = (...declarations: unknown[]) =>
    DeclaredSettings.safeParse(declarations).error?.issues.map(({ message }) => message) ?? [];

  test("have defaults that fit, patterns that are simple, and no key twice", () => {
    expect(problems(integer, { ...slug, key: "other" })).toEqual([]);
    expect(problems({ ...integer, default: 11 })).toEqual([
      "it: the default must be a whole number from 1 to 10 (days)",
    ]);
    expect(problems({ ...slug, pattern: "(a+)+" })[0]).toStartWith("it: the pattern must be");
    expect(problems(integer, flag)).toEqual(["it: is declared twice"]);
  });

  test("that are wrong keep a manifest from being made", () => {
    const manifest = { id: "shop", name: "Shop", description: "Sells.", icon: "store", routes: [], actions: {} };
    expect(() => defineManifest({ ...manifest, settings: [{ ...choice, default: "c" }] })).toThrow(
      "must be one of: a, b",
    );
    expect(() => defineManifest({ ...manifest, settings: [{ ...flag, env: "SHOP_FLAG" }] })).toThrow("HOMEPORT_");
  });
});

describe("the environment", () => {
  const declared = [
    { ...integer, env: "HOMEPORT_DAYS" },
    { ...lines, key: "hosts", env: "HOMEPORT_HOSTS" },
    { ...secret, key: "token", env: "HOMEPORT_TOKEN_X" },
  ] as const;
  const read = (source: Record<string, string>) => readSettingEnvironment(declared, (name) => source[name]);

  test("gives first values; what is empty is not set", () => {
    expect([...read({ HOMEPORT_DAYS: "7", HOMEPORT_HOSTS: "a, b", HOMEPORT_TOKEN_X: "" })]).toEqual([
      ["it", 7],
      ["hosts", ["a", "b"]],
    ]);
  });

  test("that is wrong is named at once, and never with its values", () => {
    const wrong = () => read({ HOMEPORT_DAYS: "4711", HOMEPORT_HOSTS: "a,b,c" });
    expect(wrong).toThrow(/HOMEPORT_DAYS: must be a whole number.*\n.*HOMEPORT_HOSTS: must have at most 2 lines/);
    expect(wrong).not.toThrow(/4711/);
  });
});
