import { DomainError } from "@homeport/kit/errors.ts";

/**
 * What a value refers to. `name` of an owner is what people see, a slug; `id` is what is stored, so that renaming breaks
 * nothing. Exactly one of them is there.
 */
export type Owner = { name: string; id: null } | { name: null; id: string };

export type Reference =
  /** `${{VAR}}`: the same workload's own. */
  | { kind: "own"; variable: string }
  /** `${{project.VAR}}` and `${{environment.VAR}}`: what that scope says. */
  | { kind: "project"; variable: string }
  | { kind: "environment"; variable: string }
  /** `${{api.VAR}}`: what that service gets in the same environment. */
  | { kind: "service"; owner: Owner; variable: string }
  /** `${{secret.database.PASSWORD}}` */
  | { kind: "secret"; owner: Owner; variable: string };

/** `raw` is how it is written. Text that only looks like a reference is text. */
export type Segment =
  | { kind: "text"; raw: string; text: string }
  | { kind: "reference"; raw: string; reference: Reference };

/** Of one value. */
export const MAX_REFERENCES = 100;

/** Longer than the longest: `secret.`, an id or a slug, and a name of 128 characters, with room for spaces. */
const MAX_LENGTH = 300;

const NAME = "[A-Za-z_][A-Za-z0-9_]{0,127}";
const ITEM = "[A-Za-z_][A-Za-z0-9_.-]{0,127}";
const OWNER = "[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?|@[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const OWN = new RegExp(`^(${NAME})$`);
const SECRET = new RegExp(`^secret\\.(${OWNER})\\.(${ITEM})$`);
const OWNED = new RegExp(`^(${OWNER})\\.(${NAME})$`);

/**
 * Takes a value apart, in one pass. `$${{` stands for `${{` itself.
 *
 * @throws {DomainError} invalid, beyond MAX_REFERENCES
 */
export const parseReferences = (value: string): Segment[] => {
  const segments: Segment[] = [];
  let count = 0;
  let at = 0;
  let from = 0;
  const endText = (end: number): void => {
    if (end > from) segments.push({ kind: "text", raw: value.slice(from, end), text: value.slice(from, end) });
  };
  for (;;) {
    const open = value.indexOf("${{", at);
    if (open === -1) break;
    if (open > from && value[open - 1] === "$") {
      endText(open - 1);
      segments.push({ kind: "text", raw: "$${{", text: "${{" });
      at = from = open + 3;
      continue;
    }
    const found = readReference(value, open);
    if (found === null) {
      at = open + 3;
      continue;
    }
    count += 1;
    if (count > MAX_REFERENCES) {
      throw new DomainError("invalid", `A value refers to at most ${MAX_REFERENCES} other values.`);
    }
    endText(open);
    segments.push({ kind: "reference", ...found });
    at = from = open + found.raw.length;
  }
  endText(value.length);
  return segments;
};

const readReference = (value: string, open: number): { raw: string; reference: Reference } | null => {
  // No more than the longest one is looked through, so a value full of openings takes no longer than its length.
  const inside = value.slice(open + 3, open + 3 + MAX_LENGTH);
  const close = inside.indexOf("}}");
  if (close === -1) return null;
  const reference = referenceOf(inside.slice(0, close).trim());
  return reference === null ? null : { raw: value.slice(open, open + 3 + close + 2), reference };
};

const referenceOf = (text: string): Reference | null => {
  const [, own] = OWN.exec(text) ?? [];
  if (own !== undefined) return { kind: "own", variable: own };
  const [, group, item] = SECRET.exec(text) ?? [];
  if (group !== undefined && item !== undefined) return { kind: "secret", owner: ownerOf(group), variable: item };
  const [, owner, variable] = OWNED.exec(text) ?? [];
  if (owner === undefined || variable === undefined) return null;
  if (owner === "project" || owner === "environment") return { kind: owner, variable };
  return owner === "secret" || owner === "group" ? null : { kind: "service", owner: ownerOf(owner), variable };
};

const ownerOf = (text: string): Owner =>
  text.startsWith("@") ? { name: null, id: text.slice(1) } : { name: text, id: null };

export const writeReference = (reference: Reference): string => `\${{${pathOf(reference)}}}`;

const pathOf = (reference: Reference): string => {
  const { kind, variable } = reference;
  if (kind === "own") return variable;
  if (kind === "project" || kind === "environment") return `${kind}.${variable}`;
  const owner = reference.owner.id === null ? reference.owner.name : `@${reference.owner.id}`;
  return kind === "secret" ? `secret.${owner}.${variable}` : `${owner}.${variable}`;
};

/** Services and secret groups of a project under their present names. */
export type Names = { service: ReadonlyMap<string, string>; secret: ReadonlyMap<string, string> };

/** The value with other owners: `change` gives the new one, or null for as it is. */
const withOwners = (value: string, change: (kind: "service" | "secret", owner: Owner) => Owner | null): string =>
  parseReferences(value)
    .map((segment) => {
      if (segment.kind === "text") return segment.raw;
      const { reference, raw } = segment;
      if (reference.kind !== "service" && reference.kind !== "secret") return raw;
      const owner = change(reference.kind, reference.owner);
      return owner === null ? raw : writeReference({ ...reference, owner });
    })
    .join("");

/** As it is stored: what `ids` (by name) knows is named by its id; other names stay, for when there is such a thing. */
export const storeReferences = (value: string, ids: Names): string =>
  withOwners(value, (kind, { name }) => {
    const id = name === null ? undefined : ids[kind].get(name);
    return id === undefined ? null : { name: null, id };
  });

/** As people read it: what `names` (by id) knows is shown by its name. */
export const showReferences = (value: string, names: Names): string =>
  withOwners(value, (kind, { id }) => {
    const name = id === null ? undefined : names[kind].get(id);
    return name === undefined ? null : { name, id: null };
  });

/** What a stored value refers to, for those who may not read the value. */
export type StoredReference = { kind: Reference["kind"]; id: string | null; owner: string | null; name: string };

/** Each once. `name` is the variable's, `owner` the name of what is not known by an id. */
export const listReferences = (value: string): StoredReference[] => {
  const found = new Map<string, StoredReference>();
  for (const segment of parseReferences(value)) {
    if (segment.kind === "text") continue;
    const { reference } = segment;
    const owner = "owner" in reference ? reference.owner : null;
    found.set(pathOf(reference), {
      kind: reference.kind,
      id: owner?.id ?? null,
      owner: owner?.name ?? null,
      name: reference.variable,
    });
  }
  return [...found.values()];
};
