import { type ZodType, z } from "zod";

/** A field of a form that may be left empty, which is the same as not being there. */
export const optionalText = <T>(schema: ZodType<T, string>) =>
  z
    .string()
    .trim()
    .transform((text) => (text === "" ? undefined : text))
    .pipe(schema.optional())
    .optional();
