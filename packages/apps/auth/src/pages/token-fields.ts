import { parseForm } from "@homeport/kit/form.ts";
import { z } from "zod";
import { NewToken } from "../contract/nouns.ts";
import { PRESETS, scopesOf } from "../token-preset.ts";

const Choice = z.object({
  preset: z.enum(PRESETS).default("everything"),
  scopes: z.string().max(10_000).default(""),
  project: z
    .string()
    .trim()
    .max(60)
    .regex(/^[a-z0-9-]*$/, "use the short name of a project, such as shop")
    .default(""),
});
const NewTokenForm = NewToken.extend({
  name: z.string().trim().min(1, "name it after what will use it").max(100),
  scopes: NewToken.shape.scopes.unwrap().min(1, "say what the token may do"),
  expiresInDays: z.coerce.number().int().min(1).max(366).default(90),
});

/** What the fields of a new token ask for. @throws {DomainError} invalid */
export const wantedOf = ({ preset, scopes, project, ...values }: Record<string, string>) => {
  const choice = parseForm(Choice, { preset, scopes, project });
  return parseForm(NewTokenForm, {
    name: values.name ?? "",
    expiresInDays: values.expiresInDays,
    scopes: scopesOf(choice.preset, choice.scopes, choice.project),
  });
};

const MAX_SCOPES = 50;

/** A refused scope is told of where it came from: what was typed, or the project that a preset was for. */
export const scopeFields = ({ preset }: Record<string, string>): Record<string, string> => {
  const field = preset === "custom" ? "scopes" : "project";
  return Object.fromEntries(Array.from({ length: MAX_SCOPES }, (_, index) => [`scopes.${index}`, field]));
};
