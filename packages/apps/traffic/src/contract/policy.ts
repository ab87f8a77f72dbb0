import { Instant } from "@homeport/kit/contract.ts";
import { BasicAuth, RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { z } from "zod";
import { PolicyHost } from "../policy-host.ts";

/** What Basic credentials can hold (RFC 7617 section 2): no control characters, and no colon in the name. */
const UserName = z
  .string()
  .min(1, "must be given")
  .max(64)
  .regex(/^[^:\p{Cc}]*$/u, "must not contain a colon or control characters");
const Password = z
  .string()
  .min(8, "must have at least 8 characters")
  .max(128)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** A user without `password` keeps the one they have. */
const UserInput = z.strictObject({ name: UserName, password: Password.optional() });

const BasicAuthInput = BasicAuth.extend({
  users: z
    .array(UserInput)
    .min(1, "must name at least one user")
    .max(100)
    .superRefine((users, context) => {
      users.forEach(({ name }, index) => {
        if (users.findIndex((user) => user.name === name) === index) return;
        context.addIssue({ code: "custom", path: [index, "name"], message: `${name} is listed twice` });
      });
    }),
});

/** A policy as it is asked for: with passwords instead of their hashes. */
export const PolicyInput = RoutePolicy.extend({ basicAuth: BasicAuthInput.optional() });

export const PutPolicy = PolicyInput.extend({ host: PolicyHost });

/** A policy as it is shown: with the names of its users, never their hashes. */
export const PolicyView = z.object({
  host: z.string(),
  policy: RoutePolicy.extend({
    basicAuth: BasicAuth.extend({ users: z.array(z.object({ name: z.string() })) }).optional(),
  }),
  /** Of all policies, when this one was changed last. */
  revision: z.number().int(),
  updatedAt: Instant,
  updatedBy: z.object({ kind: z.enum(["person", "service"]), id: z.uuid(), name: z.string() }),
});

export type PolicyInput = z.infer<typeof PolicyInput>;
export type PolicyView = z.infer<typeof PolicyView>;
