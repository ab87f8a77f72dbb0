import { z } from "zod";

/** The databases that a project can have with one step. */
export const TemplateName = z.enum(["postgres", "mysql", "mariadb", "valkey", "mongodb"]);
export type TemplateName = z.infer<typeof TemplateName>;
