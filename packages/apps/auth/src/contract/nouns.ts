import { Instant, Slug } from "@homeport/kit/contract.ts";
import { Role } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { isCommonPassword } from "../common-passwords.ts";

export const Email = z
  .email("use an e-mail address like ada@example.com")
  .max(254)
  .transform((value) => value.toLowerCase());
/** Names stand in mails, terminals and logs: no line ends or other controls, and nothing that turns the direction of text. */
const ONE_LINE = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
const line = () => z.string().trim().regex(ONE_LINE, "use one line of plain text");
export const PersonName = line().min(1, "tell us your name").max(100);
/** Length is what counts (NIST SP 800-63B section 5.1.1.2); no rules on characters, but not one that is tried first. */
export const Password = z
  .string()
  .min(8, "use at least 8 characters")
  .max(200)
  .refine((password) => !isCommonPassword(password), "this is one of the commonest passwords: use another one");
/** The name of a team, an organisation, a token: for people to read. */
export const DisplayName = line().min(1, "give it a name").max(100);
/** How a command line calls itself, to be recognised by its person. */
export const ClientName = line().min(1, "say what it is for").max(100);
/** The slug or the id of something. */
export const Reference = z.string().min(1).max(60);
/** The e-mail address or the id of a person. */
export const PersonReference = z.string().min(1).max(254);

export const PersonWire = z.object({ id: z.uuid(), email: z.string(), name: z.string() });
export const OrganisationWire = z.object({ id: z.uuid(), slug: z.string(), name: z.string() });
export const NewOrganisation = z.strictObject({ slug: Slug, name: DisplayName.optional() });

/** Who somebody is, where. */
export const SignedIn = z.object({ person: PersonWire, organisation: OrganisationWire, role: Role });

export const SessionWire = z.object({
  id: z.uuid(),
  current: z.boolean(),
  userAgent: z.string(),
  address: z.string(),
  /** How its person signed in: `password`, `link`, … */
  method: z.string(),
  /** When its person last proved who they are. */
  verifiedAt: Instant,
  createdAt: Instant,
  lastSeenAt: Instant,
});

export const ApiTokenWire = z.object({
  id: z.uuid(),
  name: z.string(),
  /** The first characters, to tell tokens apart. */
  hint: z.string(),
  scopes: z.array(z.string()),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});

const PLACE = "[a-z0-9][a-z0-9-]{0,39}";
const WORD = "[a-z][a-z-]{0,39}";
const NEW_SCOPE = new RegExp(`^(\\*|${WORD}:(?:\\*|${WORD}))(?:@project/${PLACE}(?:/environment/${PLACE})?)?$`);

/** A scope (kit's scope.ts) whose project and environment may be named by their slugs; ids are what is kept. */
export const NewTokenScope = z
  .string()
  .max(200)
  .regex(NEW_SCOPE, "use *, noun:* or noun:verb, and where: @project/<slug> or @project/<slug>/environment/<slug>");

/** What every new API token is made of. */
export const NewToken = z.strictObject({
  name: DisplayName,
  scopes: z.array(NewTokenScope).min(1).max(50).default(["*"]),
  expiresInDays: z.number().int().min(1).max(366).default(90),
});

export const Removed = z.object({ removed: z.number().int() });

/** A way to sign in that is on. `form`: with a password; `mail`: a link is sent to the address. */
export const SignInMethodWire = z.object({ id: z.string(), label: z.string(), kind: z.enum(["form", "mail"]) });
