import { z } from "zod";

/** Of one value. */
const MAX_VALUE_BYTES = 32 * 1024;
const MAX_VALUES = 50;
/** Of all values of a job together: what fits into a request beside the rest of it. */
const MAX_TOTAL_BYTES = 512 * 1024;

const bounded = (max: number) =>
  z.string().refine((text) => Buffer.byteLength(text) <= max, `has more than ${max} bytes`);

/** What a repository's server wants to see. Sent to the server of the source's address only. */
export const GitCredential = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ssh"),
    privateKey: bounded(16 * 1024).describe("A private key without a passphrase, in the format of OpenSSH or PEM"),
    knownHosts: bounded(64 * 1024)
      .optional()
      .describe("Lines of known_hosts(5). Without them the first key that the server shows is believed, and told"),
  }),
  z.strictObject({
    kind: z.literal("token"),
    username: z
      .string()
      .regex(/^[^\s:\p{Cc}]{1,200}$/u, "must have no colon and no spaces")
      .optional()
      .describe("For servers that want a certain one"),
    token: z.string().regex(/^[\x21-\x7e]{1,4096}$/, "must be visible ASCII characters"),
  }),
]);

/**
 * Variables that the programs around a build step look at themselves, before any step runs: those of the C library's own
 * list of unsafe ones (glibc, sysdeps/generic/unsecvars.h), and those by which programs, homes and shells are found.
 */
const RESERVED =
  /^(LD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|NIS_PATH|NLSPATH|RESOLV_.*|RES_OPTIONS|TMPDIR|TZDIR|PATH|HOME|USER|SHELL|IFS|ENV|BASH_.*|PWD|BUILDKIT_.*)$/;

/** Name of a build secret: of an environment variable, and the id of a BuildKit mount. */
export const SecretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "use letters, digits and _, and no digit first")
  .refine((name) => !RESERVED.test(name), "is a name that the system uses itself");

const BuildSecretValues = z
  .record(
    SecretName,
    bounded(MAX_VALUE_BYTES).refine((text) => !text.includes("\0"), "has a NUL in it"),
  )
  .refine((values) => Object.keys(values).length <= MAX_VALUES, `at most ${MAX_VALUES} values`)
  .refine(
    (values) => Object.values(values).reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= MAX_TOTAL_BYTES,
    `at most ${MAX_TOTAL_BYTES} bytes together`,
  );

/** What a build may need and nobody may see. It goes in with the job and comes out to the runner that has it, only. */
export const BuildSecrets = z.strictObject({
  git: GitCredential.optional(),
  build: BuildSecretValues.optional().describe("For the steps of the build; no image holds them"),
});

export const ListRefsSecrets = z.strictObject({ git: GitCredential.optional() });

export type GitCredential = z.infer<typeof GitCredential>;
export type BuildSecrets = z.infer<typeof BuildSecrets>;
export type ListRefsSecrets = z.infer<typeof ListRefsSecrets>;
