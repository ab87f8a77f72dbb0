import { z } from "zod";
import { ImageReference } from "./image-reference.ts";

/** Schemes git may be asked to use. What they resolve to is judged where the clone happens. */
const GIT_URL = /^(https?|ssh|git):\/\/[^\s\p{Cc}]+$/u;
const SCP_LIKE = /^[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9.-]+:[^\s\p{Cc}]+$/u;

/**
 * Sources are stored and shown to everybody who may see the service, so nothing secret may be part of one. The runner
 * refuses the same addresses.
 */
export const GitUrl = z
  .string()
  .trim()
  .max(2000)
  .refine((url) => isGitUrl(url) || SCP_LIKE.test(url), {
    error: "use a git URL such as https://example.com/team/app.git",
    abort: true,
  })
  .refine(
    (url) => !namesUser(url),
    "must not contain a user name or password: it would be stored and shown in plain text",
  )
  .refine(
    (url) => !isGitUrl(url) || !/[?#]/.test(url),
    "must not have a ? or # in it: what follows would be stored and shown",
  );

const isGitUrl = (url: string): boolean => GIT_URL.test(url) && URL.canParse(url);

/** An ssh user is part of the address ("git@"); anything else between // and @ is a credential. */
const namesUser = (url: string): boolean => {
  if (!isGitUrl(url)) return false;
  const { protocol, username, password } = new URL(url);
  return password !== "" || (username !== "" && protocol !== "ssh:");
};

/** A branch, tag or commit; git's own rules (git-check-ref-format) are stricter and apply at the clone. */
export const GitRef = z
  .string()
  .trim()
  .max(250)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+@-]*$/, "use the name of a branch or tag, or a commit");

/** Where a service's code comes from. `upload` gets its archive with each deployment. */
export const Source = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("git"), url: GitUrl, ref: GitRef.optional() }),
  z.strictObject({ kind: z.literal("image"), reference: ImageReference }),
  z.strictObject({ kind: z.literal("upload") }),
]);
export type Source = z.infer<typeof Source>;
