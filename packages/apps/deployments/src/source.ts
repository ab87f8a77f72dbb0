import { z } from "zod";

/** Schemes git may be asked to use. What they resolve to is judged where the clone happens. */
const GIT_URL = /^(https?|ssh|git):\/\/[^\s\p{Cc}]+$/u;
const SCP_LIKE = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s\p{Cc}]+$/u;

export const GitUrl = z
  .string()
  .trim()
  .max(2000)
  .refine((url) => GIT_URL.test(url) || SCP_LIKE.test(url), "use a git URL such as https://example.com/team/app.git")
  .refine((url) => !/^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url), "must not contain a password");

/** A branch, tag or commit; git's own rules (git-check-ref-format) are stricter and apply at the clone. */
export const GitRef = z
  .string()
  .trim()
  .max(250)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+@-]*$/, "use the name of a branch or tag, or a commit");

/** `registry/name:tag`, `name@sha256:…`; a repository of ours starts with the organisation. */
export const ImageReference = z
  .string()
  .trim()
  .max(400)
  .regex(
    /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    "use an image reference such as nginx:1.27 or home/shop/api:latest",
  );

/** Where a service's code comes from. `upload` gets its archive with each deployment. */
export const Source = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("git"), url: GitUrl, ref: GitRef.optional() }),
  z.strictObject({ kind: z.literal("image"), reference: ImageReference }),
  z.strictObject({ kind: z.literal("upload") }),
]);
export type Source = z.infer<typeof Source>;
