import { z } from "zod";

/** An IPv4 or IPv6 address or range, `192.0.2.0/24`. */
export const AddressRange = z.union(
  [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()],
  "must be an IP address, or a range such as 192.0.2.0/24",
);

/** Requests whose path is `from`, or below it when `from` ends in `/*`, are sent on to `to`. */
export const Redirect = z.strictObject({
  /** `/old`, `/old/*`, or `/*` for everything. Compared with the raw path. */
  from: z
    .string()
    .max(500)
    .regex(/^\/[\x21-\x7e]*$/, "must be a path, with an optional /* at its end"),
  /** An address or a path. A `/*` at its end takes what `from` left open, with the query. */
  to: z
    .string()
    .max(1_000)
    .regex(/^(https?:\/\/[^\s/?#]+|(?=\/))(\/(?!\/)[\x21-\x7e]*)?$/, "must be https://host/path, or /path"),
  status: z.literal([301, 302, 307, 308]).default(308),
});

export const BasicAuth = z.strictObject({
  realm: z
    .string()
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,60}$/, "must be printable ASCII without quotes")
    .default("Restricted"),
  /** Password hashes as `Bun.password` makes them (argon2id or bcrypt); at least one name. */
  users: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[^:\p{Cc}]{1,64}$/u, "must not contain a colon"),
        passwordHash: z.string().max(300).startsWith("$"),
      }),
    )
    .min(1)
    .max(100),
});

export const Maintenance = z.strictObject({
  /** A sentence for visitors; a general one when absent. */
  message: z.string().trim().min(1).max(500).optional(),
  retryAfterSeconds: z.number().int().min(1).max(86_400).default(300),
  /** Who gets through meanwhile. */
  except: z.array(AddressRange).max(64).default([]),
});

export const RateLimit = z.strictObject({
  requests: z.number().int().min(1).max(1_000_000),
  windowSeconds: z.number().int().min(1).max(3_600),
  /** `user`: who is signed in with the platform or shows a token; the address of everybody else. */
  per: z.enum(["address", "user"]).default("address"),
});

export const Hsts = z.strictObject({
  maxAgeSeconds: z.number().int().min(0).max(63_072_000).default(31_536_000),
  includeSubdomains: z.boolean().default(false),
  preload: z.boolean().default(false),
});

/** What the gateway does with requests of one host besides passing them on. All of it is optional. */
export const RoutePolicy = z.strictObject({
  /** In order; the first that fits answers. */
  redirects: z.array(Redirect).max(100).optional(),
  /** Plain HTTP is sent to HTTPS, where the gateway listens with TLS. */
  httpsOnly: z.boolean().optional(),
  hsts: Hsts.optional(),
  /** Everybody else gets 403. */
  allow: z.array(AddressRange).min(1).max(256).optional(),
  maintenance: Maintenance.optional(),
  rateLimit: RateLimit.optional(),
  basicAuth: BasicAuth.optional(),
  /** Only who is signed in with the platform; upstreams learn who it is from `X-Homeport-User` and its siblings. */
  signIn: z.strictObject({ organisationId: z.uuid().optional() }).optional(),
  /** Compress text that upstreams send uncompressed. */
  compress: z.boolean().optional(),
  /** One visitor stays on one replica while it is ready. */
  sticky: z.boolean().optional(),
  maxBodyBytes: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40)
    .optional(),
  connectTimeoutMs: z.number().int().min(100).max(60_000).optional(),
  /** From the last byte of a request to the head of its answer. */
  responseTimeoutMs: z.number().int().min(100).max(3_600_000).optional(),
});

/** One policy as it is published; `host` is a name or `*.name`, or `(platform)` for the platform's own hosts. */
export const HostPolicy = z.object({
  schema: z.literal(1),
  host: z.string().max(253),
  policy: RoutePolicy,
});

/** The `host` of the policy that the platform's own hosts have. */
export const PLATFORM_POLICY = "(platform)";

export type Redirect = z.infer<typeof Redirect>;
export type BasicAuth = z.infer<typeof BasicAuth>;
export type Maintenance = z.infer<typeof Maintenance>;
export type RateLimit = z.infer<typeof RateLimit>;
export type Hsts = z.infer<typeof Hsts>;
export type RoutePolicy = z.infer<typeof RoutePolicy>;
export type HostPolicy = z.infer<typeof HostPolicy>;
