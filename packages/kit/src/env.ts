import { type ZodObject, type ZodType, z } from "zod";
import { DomainError } from "./errors.ts";

/** One environment variable as references/env-reference.md shows it. */
export type EnvEntry = {
  name: string;
  description: string;
  default: string | null;
  required: boolean;
  secret: boolean;
  owner: string;
};

export type EnvVariable<T extends ZodType = ZodType> = { schema: T; description: string; secret?: boolean };

const entries: EnvEntry[] = [];
const schemas: [name: string, schema: ZodType][] = [];

/**
 * Declares the environment variables of a package and returns the function that reads them. It is called once, in the
 * package's config.ts; nothing else reads `process.env`.
 *
 * @throws {DomainError} invalid, naming every variable that is missing or wrong, when the returned function is called.
 */
export const defineEnv = <V extends Record<string, EnvVariable>>(owner: string, variables: V) => {
  for (const [name, variable] of Object.entries(variables)) {
    entries.push(toEntry(owner, name, variable));
    schemas.push([name, variable.schema]);
  }
  const shape = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.schema]));
  const schema = z.object(shape) as ZodObject<{ [K in keyof V]: V[K]["schema"] }>;
  return (source: Record<string, string | undefined> = process.env) => {
    const given = Object.fromEntries(Object.keys(variables).map((name) => [name, emptyToAbsent(source[name])]));
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    throw unusable(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  };
};

/**
 * Looks at what is set of every variable declared by the modules loaded so far, for a process that starts others.
 *
 * @throws {DomainError} invalid, naming every variable that is wrong
 */
export const checkEnv = (source: Record<string, string | undefined>): void => {
  const wrong = schemas.flatMap(([name, schema]) => {
    const value = emptyToAbsent(source[name]);
    const parsed = value === undefined ? null : schema.safeParse(value);
    return parsed?.success === false ? parsed.error.issues.map(({ message }) => `${name}: ${message}`) : [];
  });
  if (wrong.length > 0) throw unusable([...new Set(wrong)]);
};

const unusable = (lines: string[]): DomainError =>
  new DomainError("invalid", `The environment is not usable:\n${lines.map((line) => `  ${line}`).join("\n")}`);

/** `NAME=` in an env file means "not set", not "the empty string". */
const emptyToAbsent = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

const toEntry = (owner: string, name: string, { schema, description, secret }: EnvVariable): EnvEntry => {
  const absent = schema.safeParse(undefined);
  const fallback = absent.success && absent.data !== undefined ? String(absent.data) : null;
  return { name, description, default: fallback, required: !absent.success, secret: secret === true, owner };
};

/** Lists the variables of an app's settings with the others; they are read by whoever keeps the settings. */
export const listEnv = (declared: readonly EnvEntry[]): void => {
  entries.push(...declared);
};

/** Every variable declared by the modules loaded so far, sorted by name; one declared twice is listed once per owner. */
export const allEnv = (): EnvEntry[] =>
  [...entries].sort((a, b) => a.name.localeCompare(b.name) || a.owner.localeCompare(b.owner));
