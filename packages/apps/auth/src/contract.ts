import { Instant, PageQuery, pageOf, route, Slug } from "@homeport/kit/contract.ts";
import { credentialContract } from "@homeport/kit/credential-contract.ts";
import { gateContract } from "@homeport/kit/gate-contract.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";

export const Email = z
  .email("use an e-mail address like ada@example.com")
  .max(254)
  .transform((value) => value.toLowerCase());
export const PersonName = z.string().trim().min(1, "tell us your name").max(100);
/** Length is what counts (NIST SP 800-63B section 5.1.1.2); no rules on characters. */
export const Password = z.string().min(8, "use at least 8 characters").max(200);

/** `*`, `noun:*` or `noun:verb`. */
export const TokenScope = z
  .string()
  .regex(/^(\*|[a-z][a-z-]{0,39}:(\*|[a-z][a-z-]{0,39}))$/, "use *, noun:* or noun:verb");

const Person = z.object({ id: z.uuid(), email: z.string(), name: z.string() });
const Organisation = z.object({ id: z.uuid(), slug: z.string(), name: z.string() });

const SignedIn = z.object({ person: Person, organisation: Organisation, role: Role });

const Session = z.object({
  id: z.uuid(),
  current: z.boolean(),
  userAgent: z.string(),
  address: z.string(),
  createdAt: Instant,
  lastSeenAt: Instant,
});

const ApiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  /** The first characters, to tell tokens apart. */
  hint: z.string(),
  scopes: z.array(z.string()),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});

const Removed = z.object({ removed: z.number().int() });

export const contract = {
  setup: {
    status: route({
      method: "GET",
      path: "/setup",
      action: "setup:claim",
      resource: "public",
      summary: "Say whether the platform still waits for its first admin",
      input: z.object({}),
      output: z.object({ needed: z.boolean() }),
    }),
    claim: route({
      method: "POST",
      path: "/setup",
      action: "setup:claim",
      resource: "public",
      summary: "Become the first admin with the one-time setup token",
      input: z.strictObject({
        token: z.string().min(1).max(200),
        email: Email,
        name: PersonName,
        password: Password,
        organisation: Slug.optional(),
      }),
      output: SignedIn,
      status: 201,
    }),
  },
  sessions: {
    create: route({
      method: "POST",
      path: "/sessions",
      action: "session:create",
      resource: "public",
      summary: "Sign in with e-mail and password",
      input: z.strictObject({ email: Email, password: z.string().min(1).max(200) }),
      output: SignedIn,
      status: 201,
    }),
    list: route({
      method: "GET",
      path: "/sessions",
      action: "session:read",
      resource: "organisation",
      summary: "List your sessions",
      input: z.object({}),
      output: z.object({ items: z.array(Session) }),
    }),
    revoke: route({
      method: "DELETE",
      path: "/sessions/{session}",
      action: "session:revoke",
      resource: "session",
      summary: "Sign out one of your sessions",
      input: z.object({ session: z.uuid() }),
      output: Removed,
    }),
    revokeAll: route({
      method: "DELETE",
      path: "/sessions",
      action: "session:revoke",
      resource: "organisation",
      summary: "Sign out everywhere, this session included",
      input: z.object({}),
      output: Removed,
    }),
  },
  me: route({
    method: "GET",
    path: "/me",
    action: "profile:read",
    resource: "organisation",
    summary: "Say who you are",
    input: z.object({}),
    output: SignedIn,
  }),
  members: route({
    method: "GET",
    path: "/members",
    action: "member:read",
    resource: "organisation",
    summary: "List the members of your organisation",
    input: PageQuery,
    output: pageOf(Person.extend({ role: Role, joinedAt: Instant })),
  }),
  tokens: {
    create: route({
      method: "POST",
      path: "/tokens",
      action: "token:create",
      resource: "organisation",
      summary: "Make an API token; it is shown once",
      input: z.strictObject({
        name: z.string().trim().min(1).max(100),
        scopes: z.array(TokenScope).min(1).max(50).default(["*"]),
        expiresInDays: z.number().int().min(1).max(366).default(90),
      }),
      output: ApiToken.extend({ token: z.string() }),
      status: 201,
    }),
    list: route({
      method: "GET",
      path: "/tokens",
      action: "token:read",
      resource: "organisation",
      summary: "List your API tokens",
      input: z.object({}),
      output: z.object({ items: z.array(ApiToken) }),
    }),
    revoke: route({
      method: "DELETE",
      path: "/tokens/{token}",
      action: "token:revoke",
      resource: "token",
      summary: "Revoke one of your API tokens",
      input: z.object({ token: z.uuid() }),
      output: Removed,
    }),
  },
  credentials: credentialContract,
  gate: gateContract,
};
