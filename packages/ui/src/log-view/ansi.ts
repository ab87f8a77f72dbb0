import Anser from "anser";

/** A piece of a line and the classes it may have: always some of the lists below, whatever the program printed. */
export interface Segment {
  text: string;
  className: string;
}

/** Written out, so that the style sheet contains them. Order: eight colours, then their bright forms. */
const INK = [
  "text-ansi-0",
  "text-ansi-1",
  "text-ansi-2",
  "text-ansi-3",
  "text-ansi-4",
  "text-ansi-5",
  "text-ansi-6",
  "text-ansi-7",
  "text-ansi-8",
  "text-ansi-9",
  "text-ansi-10",
  "text-ansi-11",
  "text-ansi-12",
  "text-ansi-13",
  "text-ansi-14",
  "text-ansi-15",
];
const GROUND = [
  "bg-ansi-0",
  "bg-ansi-1",
  "bg-ansi-2",
  "bg-ansi-3",
  "bg-ansi-4",
  "bg-ansi-5",
  "bg-ansi-6",
  "bg-ansi-7",
  "bg-ansi-8",
  "bg-ansi-9",
  "bg-ansi-10",
  "bg-ansi-11",
  "bg-ansi-12",
  "bg-ansi-13",
  "bg-ansi-14",
  "bg-ansi-15",
];
/** On every coloured ground: programs pick pairs that nobody can read, so the ground decides. */
const ON_GROUND = "text-term";
const DECORATION: Record<string, string> = {
  bold: "font-bold",
  italic: "italic",
  underline: "underline",
  strikethrough: "line-through",
};

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** The colours as programs mean them, to find the nearest of the sixteen for 256-colour and true-colour codes. */
const MEANT: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

const ESC = "\u001b";
/** Every control character but tab and escape. */
const CONTROLS = "\\u0000-\\u0008\\u000a-\\u001a\\u001c-\\u001f\\u007f";
/** Operating system commands (titles, links) and every escape that is not a colour; ECMA-48 sections 5.4 and 5.6. */
const OSC = new RegExp(`${ESC}\\][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\)?`, "g");
const OTHER_CSI = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-ln-~]`, "g");
const PRIVATE_SGR = new RegExp(`${ESC}\\[[<-?][0-?]*[ -/]*m`, "g");
/** Cut off at the end of the line. */
const UNFINISHED = new RegExp(`${ESC}\\[[0-?]*[ -/]*$`);
const SGR = new RegExp(`${ESC}\\[[0-9;:]*m`, "g");
/** Lines without any of these are most lines, and are what they seem. */
const ANY_CONTROL = new RegExp(`[${CONTROLS}${ESC}]`);
const REST = new RegExp(`${ESC}[@-Z\\\\-_]?|[${CONTROLS}]`, "g");

/** The line in pieces of one look each. */
export function parseAnsi(line: string): Segment[] {
  const text = keepColours(line);
  if (!text.includes(ESC)) return text === "" ? [] : [{ text, className: "" }];
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true })
    .map((entry) => ({
      text: dropControls(entry.content),
      className: lookOf(entry),
    }))
    .filter((segment) => segment.text !== "");
}

/** The line without any escape: what is searched. */
export function plainText(line: string): string {
  return ANY_CONTROL.test(line) ? dropControls(keepColours(line).replaceAll(SGR, "")) : line;
}

/** A carriage return starts the line again, as progress bars do: only what was written last is kept. */
function keepColours(line: string): string {
  const lastReturn = line.replace(/\r+$/, "").lastIndexOf("\r");
  const shown = lastReturn === -1 ? line : line.slice(lastReturn + 1);
  if (!shown.includes(ESC)) return dropControls(shown);
  return shown.replaceAll(OSC, "").replaceAll(PRIVATE_SGR, "").replaceAll(OTHER_CSI, "").replace(UNFINISHED, "");
}

const dropControls = (text: string): string => text.replaceAll(REST, "");

function lookOf(entry: Anser.AnserJsonEntry): string {
  const ground = colourIndex(entry.bg, entry.bg_truecolor);
  const ink = colourIndex(entry.fg, entry.fg_truecolor);
  const classes = new Set<string>();
  if (ground !== null) classes.add(GROUND[ground] ?? "").add(ON_GROUND);
  else if (ink !== null) classes.add(INK[ink] ?? "");
  else if (entry.decorations.includes("dim")) classes.add("text-term-faint");
  for (const decoration of entry.decorations) {
    const name = DECORATION[decoration];
    if (name !== undefined) classes.add(name);
  }
  return [...classes].join(" ");
}

/** 0 to 15, or null for no colour. anser gives `ansi-red`, `ansi-bright-red`, `ansi-palette-123` or `ansi-truecolor`. */
function colourIndex(name: string | null, trueColour: string | null): number | null {
  if (name === null) return null;
  const palette = /^ansi-palette-(\d{1,3})$/.exec(name);
  if (palette !== null) return nearest(paletteColour(Number(palette[1])));
  if (name === "ansi-truecolor") {
    const [red = 0, green = 0, blue = 0] = (trueColour ?? "").split(",").map(Number);
    return nearest([red, green, blue]);
  }
  const bright = name.startsWith("ansi-bright-");
  const index = NAMES.indexOf(name.replace(/^ansi-(bright-)?/, ""));
  return index === -1 ? null : index + (bright ? 8 : 0);
}

/** xterm's 256 colours from 16 up: a cube of six levels, then 24 greys. */
function paletteColour(index: number): [number, number, number] {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = Math.max(0, index - 16);
  return [level(Math.floor(cube / 36) % 6), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

function nearest([red, green, blue]: readonly [number, number, number]): number {
  let best = 7;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [index, meant] of MEANT.entries()) {
    const distance = (red - meant[0]) ** 2 + (green - meant[1]) ** 2 + (blue - meant[2]) ** 2;
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  }
  return best;
}
