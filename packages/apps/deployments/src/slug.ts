import { Slug } from "@homeport/kit/contract.ts";

/**
 * Words that stand where a name could: in the pages' addresses (/projects/new), and in references of variables
 * (`${{project.NAME}}`).
 */
const RESERVED = new Set(["new", "secrets", "project", "environment", "secret", "group"]);

/** The name of a new project, environment, service, group or secret group. */
export const NewSlug = Slug.refine((slug) => !RESERVED.has(slug), "this word is reserved, use another name");
