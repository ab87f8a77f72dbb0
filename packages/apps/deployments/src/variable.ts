import { z } from "zod";

export const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "use letters, digits and _, not starting with a digit")
  .refine((name) => name !== "PORT", "PORT is set by Homeport; change the service's port instead");

/** Of one value, with what it refers to. Linux allows 128 KiB for one string of the environment (MAX_ARG_STRLEN). */
export const MAX_VALUE_BYTES = 32 * 1024;

export const VariableValue = z
  .string()
  .max(MAX_VALUE_BYTES)
  .refine((value) => !value.includes("\0"), "must not contain NUL");

export const MAX_VARIABLES = 200;

/** Of all values together: a release travels in one request, and a process starts with all of them. */
export const MAX_VARIABLES_BYTES = 256 * 1024;
