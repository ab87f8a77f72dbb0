import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const css = await Bun.file(join(import.meta.dir, "../src/tokens.css")).text();

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function token(name: string, theme: "light" | "dark"): string {
  const value = new RegExp(`--color-${name}: ([^;]+);`).exec(css)?.[1] ?? "";
  const pair = /light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/.exec(value);
  return pair === null ? value : ((theme === "light" ? pair[1] : pair[2]) ?? "");
}

const TONES = ["neutral", "info", "success", "warning", "danger"];
const GROUNDS = ["canvas", "surface", "sunken", "hover"];

const text: [string, string][] = [
  ...["ink", "soft", "faint", "accent", "danger"].flatMap((ink) =>
    GROUNDS.map((ground): [string, string] => [ink, ground]),
  ),
  ...TONES.map((tone): [string, string] => [tone, `${tone}-soft`]),
  ["accent-strong", "accent-soft"],
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["on-danger", "danger-fill"],
  ["on-danger", "danger-fill-strong"],
  ["canvas", "ink"],
  ["soft", "water-3"],
];

const shapes: [string, string][] = [
  ["edge", "surface"],
  ["edge", "canvas"],
  ["focus", "canvas"],
  ["focus", "surface"],
  ...TONES.map((tone): [string, string] => [`${tone}-solid`, "surface"]),
];

for (const theme of ["light", "dark"] as const) {
  describe(`in the ${theme} theme`, () => {
    for (const [ink, ground] of text) {
      test(`${ink} on ${ground} can be read`, () => {
        expect(contrast(token(ink, theme), token(ground, theme))).toBeGreaterThanOrEqual(4.5);
      });
    }
    for (const [shape, ground] of shapes) {
      test(`${shape} on ${ground} can be seen`, () => {
        expect(contrast(token(shape, theme), token(ground, theme))).toBeGreaterThanOrEqual(3);
      });
    }
  });
}

describe("in the log", () => {
  for (let index = 0; index < 16; index++) {
    test(`colour ${index} can be read on the ground and as a ground`, () => {
      expect(contrast(token(`ansi-${index}`, "dark"), token("term", "dark"))).toBeGreaterThanOrEqual(4.5);
    });
  }
  const pairs: [string, string][] = [
    ["term-ink", "term"],
    ["term-faint", "term"],
    ["term-faint", "term-raised"],
    ["term-faint", "danger-soft"],
    ["soft", "term-raised"],
    ["faint", "term-raised"],
    ["faint", "term"],
    ["ansi-11", "term-hit"],
    ["term", "term-hit-now"],
  ];
  for (const [ink, ground] of pairs) {
    test(`${ink} on ${ground} can be read`, () => {
      expect(contrast(token(ink, "dark"), token(ground, "dark"))).toBeGreaterThanOrEqual(4.5);
    });
  }
});
