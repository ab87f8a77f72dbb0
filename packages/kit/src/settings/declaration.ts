import { z } from "zod";
import type { Secret } from "../secret.ts";

/** An app's settings all travel in its registry record, and people look for one of them in a list. */
export const MAX_SETTINGS = 64;
const MAX_TEXT = 2_000;
export const MAX_LINE = 500;
export const MAX_LINES = 500;

/** Lower-case words with dashes, unique in its app. With the app's id it is the setting's name: `logging.runtime-days`. */
export const SettingKey = z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, "use lower-case letters, digits and dashes");

export const settingName = (app: string, key: string): string => `${app}.${key}`;

const common = {
  key: SettingKey,
  /** The heading it stands under. */
  group: z.string().min(1).max(60),
  label: z.string().min(1).max(80),
  /** What it changes, for operators; a sentence or two. */
  description: z.string().min(1).max(500),
  /** The environment variable that gives its value for as long as nobody sets another. */
  env: z
    .string()
    .regex(/^HOMEPORT_[A-Z0-9_]{1,60}$/, "must start with HOMEPORT_")
    .optional(),
};

const SettingOption = z.object({ value: z.string().max(60), label: z.string().min(1).max(80) });

/** One runtime setting as plain data: what it is called, what it may be, and what it is when nobody says otherwise. */
export const SettingDeclaration = z.discriminatedUnion("type", [
  z.object({ ...common, type: z.literal("boolean"), default: z.boolean() }),
  z.object({
    ...common,
    type: z.literal("integer"),
    default: z.int(),
    min: z.int(),
    max: z.int(),
    unit: z.string().min(1).max(20).optional(),
  }),
  z.object({
    ...common,
    type: z.literal("text"),
    default: z.string().max(MAX_TEXT),
    maxLength: z.int().min(1).max(MAX_TEXT).optional(),
    /** What the whole text must match, unless it is empty; see `isSimplePattern` for what may stand in it. */
    pattern: z.string().min(1).max(200).optional(),
  }),
  /** The empty text means: not set. */
  z.object({ ...common, type: z.enum(["url", "email"]), default: z.string().max(MAX_TEXT) }),
  z.object({
    ...common,
    type: z.literal("choice"),
    default: z.string().max(60),
    options: z.array(SettingOption).min(1).max(50).readonly(),
  }),
  z.object({
    ...common,
    type: z.literal("lines"),
    default: z.array(z.string().max(MAX_LINE)).max(MAX_LINES).readonly(),
    maxItems: z.int().min(1).max(MAX_LINES),
  }),
  /** Kept encrypted and never shown; not set at first. */
  z.object({ ...common, type: z.literal("secret") }),
]);
export type SettingDeclaration = z.infer<typeof SettingDeclaration>;

export const SettingDeclarations = z.array(SettingDeclaration).max(MAX_SETTINGS);

/** A value as JSON has it: stored, sent and shown. A secret's is its text, which is never shown. */
export const PlainSetting = z.union([
  z.boolean(),
  z.int(),
  z.string().max(20_000),
  z.array(z.string().max(MAX_LINE)).max(MAX_LINES).readonly(),
]);
export type PlainSetting = z.infer<typeof PlainSetting>;

/** A value as the app reads it; null for a secret that is not set. */
export type SettingValue = PlainSetting | Secret | null;

type ValueOf<D> = D extends { type: "boolean" }
  ? boolean
  : D extends { type: "integer" }
    ? number
    : D extends { type: "choice"; options: readonly { value: infer V }[] }
      ? V
      : D extends { type: "lines" }
        ? readonly string[]
        : D extends { type: "secret" }
          ? Secret | null
          : string;

/** The type of each setting's value, by key. */
export type SettingValues<D extends readonly SettingDeclaration[]> = {
  readonly [K in D[number]["key"]]: ValueOf<Extract<D[number], { key: K }>>;
};

/** Types an app's settings: what is read by their keys later has the type that is declared here. */
export const defineSettings = <const D extends readonly SettingDeclaration[]>(declarations: D): D => declarations;
