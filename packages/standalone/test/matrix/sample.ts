import { z } from "zod";

type JsonSchema = {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minItems?: number;
  minimum?: number;
  minLength?: number;
  format?: string;
  pattern?: string;
  default?: unknown;
  additionalProperties?: unknown;
};

/** Texts for schemas that say what they look like by a pattern; the first that fits is taken. */
const TEXTS: readonly string[] = [
  "sample",
  "project:read",
  "ada@example.com",
  "example.com",
  "HP_SAMPLE",
  "123456",
  `sha256:${"a".repeat(64)}`,
  "home/shop/api",
  "a".repeat(64),
  "/sample",
];

/**
 * The smallest input that a route's schema takes: what is required, and nothing else. `known` gives fields their values.
 *
 * @throws {Error} when the schema refuses it: give it by hand then, in samples.ts
 */
export const sampleOf = (schema: z.ZodType, known: Record<string, unknown>): Record<string, unknown> => {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const made = { ...(exampleOf(json) as Record<string, unknown>), ...known };
  const parsed = schema.safeParse(made);
  if (!parsed.success) throw new Error(`no sample: ${z.prettifyError(parsed.error)} in ${JSON.stringify(made)}`);
  return made;
};

/** The names of an input's fields, those of every variant. */
export const fieldsOf = (schema: z.ZodType): string[] => {
  const names = ({ properties = {}, anyOf = [], oneOf = [], allOf = [] }: JsonSchema): string[] => [
    ...Object.keys(properties),
    ...[...anyOf, ...oneOf, ...allOf].flatMap(names),
  ];
  return names(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema);
};

/**
 * Those of `fields` that an input does not have, and must refuse; "ignored" for an input that is open to any, which only
 * one without fields of its own beside the path may be.
 */
export const extraFieldsOf = (
  schema: z.ZodType,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> | "ignored" => {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  if (json.type === "object" && json.additionalProperties !== false) return "ignored";
  const known = fieldsOf(schema);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.includes(name)));
};

const exampleOf = (schema: JsonSchema): unknown => {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return exampleOf(choices[0] ?? {});
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, exampleOf(schema.properties?.[name] ?? {})] as const),
      );
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}));
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textOf(schema);
  }
};

const textOf = ({ format, pattern, minLength = 0 }: JsonSchema): string => {
  if (format === "uuid") return Bun.randomUUIDv7();
  if (format === "email") return "ada@example.com";
  if (format === "date-time") return new Date().toISOString();
  if (format === "uri") return "https://example.com/";
  const fitting = TEXTS.find((text) => pattern === undefined || new RegExp(pattern, "u").test(text)) ?? "sample";
  return fitting.padEnd(minLength, "a");
};
