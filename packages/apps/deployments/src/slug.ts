import { Slug } from "@homeport/kit/contract.ts";

/** Words that stand in the pages' addresses where a project's or a service's name does: /projects/new. */
const RESERVED = new Set(["new", "secrets"]);

/** The name of a new project, service or secret group. */
export const NewSlug = Slug.refine((slug) => !RESERVED.has(slug), "this word is reserved, use another name");
