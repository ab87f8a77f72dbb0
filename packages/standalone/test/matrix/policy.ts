import type { Who } from "./people.ts";

/**
 * Who may do what, written by hand from the role table of references/security.md and never from the code: this is what the
 * matrix holds the platform against. A route whose action is not here fails.
 *
 * Roles: O owner, A admin, U auditor, D deployer, E developer, V viewer, M member of an organisation; A, D, E, V also as
 * roles in one project. i and o are the instance's owner and operator. Parts of the platform go by their names.
 */
type Letter = "O" | "A" | "U" | "D" | "E" | "V" | "M";

export type Entry = {
  /** What it is about: nobody's, the caller's own person, their organisation, a project of it, the platform. */
  about: "public" | "self" | "organisation" | "project" | "instance" | "parts";
  roles?: string;
  instance?: string;
  parts?: readonly NonNullable<Who["part"]>[];
  dangerous?: true;
  /** Who may not change one may not know of it either. */
  isKept?: true;
};

const EVERYBODY = "OAUDEVM";
const self = (more: Partial<Entry> = {}): Entry => ({ about: "self", roles: EVERYBODY, ...more });
const organisation = (roles: string, more: Partial<Entry> = {}): Entry => ({ about: "organisation", roles, ...more });
const project = (roles: string, more: Partial<Entry> = {}): Entry => ({ about: "project", roles, ...more });
const instance = (roles: string, more: Partial<Entry> = {}): Entry => ({ about: "instance", instance: roles, ...more });
const parts = (...names: NonNullable<Entry["parts"]>): Entry => ({ about: "parts", parts: names });
const anybody: Entry = { about: "public" };
const dangerous = { dangerous: true } as const;

export const POLICY: Readonly<Record<string, Entry>> = {
  // auth: one's own
  "setup:claim": anybody,
  "session:create": anybody,
  "session:end": anybody,
  "device:start": anybody,
  "invite:accept": anybody,
  "account:confirm-email": anybody,
  "credential:describe": anybody, // and says nothing to who has none
  "profile:read": self(),
  "profile:update": self(),
  "account:change-email": self(dangerous),
  "account:remove": self(dangerous),
  "session:read": self(),
  "session:revoke": self(),
  "session:confirm": self(),
  "session:switch": self(),
  "token:read": self(),
  "token:create": self(),
  "token:revoke": self(),
  "authenticator:read": self(),
  "authenticator:write": self(dangerous),
  "device:approve": self(),
  "organisation:create": self(),
  "member:leave": self(),
  "gate:enter": self(),
  // auth: the organisation's
  "organisation:read": organisation(EVERYBODY),
  "organisation:update": organisation("OA"),
  "organisation:remove": organisation("O", dangerous),
  "member:read": organisation(EVERYBODY),
  "member:update": organisation("OA"),
  "member:remove": organisation("OA"),
  "team:read": organisation(EVERYBODY),
  "team:write": organisation("OA"),
  "grant:read": project("OA"),
  "grant:write": project("OA"),
  "invite:read": organisation("OA"),
  "invite:write": organisation("OA", { isKept: true }),
  "service-account:read": organisation("OA"),
  "service-account:write": organisation("OA"),
  "audit:read": organisation("OAU"),
  "audit:verify": organisation("OAU"),
  // auth: the platform's
  "person:read": instance("io"),
  "person:suspend": instance("i"),
  "person:sign-out": instance("i"),
  "person:promote": instance("i", dangerous),
  "person:reset": instance("i", dangerous),
  "person:remove": instance("i", dangerous),
  "organisation:list": instance("io"),
  "organisation:rename": instance("i"),
  "organisation:close": instance("i", dangerous),
  "rule:read": instance("io"),
  "rule:write": instance("io"),
  "mail:test": instance("i"),
  "instance-audit:read": instance("io"),
  "instance-audit:verify": instance("io"),
  "credential:resolve": parts("app"),
  "gate:check": parts("app"),
  // deployments
  "project:read": project("OAUDEV"),
  "project:create": organisation("OAE"),
  "project:update": project("OAE"),
  "project:remove": project("OA"),
  "environment:read": project("OAUDEV"),
  "environment:write": project("OAE"),
  "environment:protect": project("OA"),
  "draft:read": project("OAUDEV"),
  "draft:write": project("OAE"),
  "canvas:read": project("OAUDEV"),
  "canvas:write": project("OAE"),
  "service:read": project("OAUDEV"),
  "service:create": project("OAE"),
  "service:update": project("OAE"),
  "service:remove": project("OA"),
  "template:read": organisation(EVERYBODY),
  "variable:read": project("OAUDEV"),
  "variable:write": project("OAE"),
  "deployment:read": project("OAUDEV"),
  "deployment:create": project("OADE"),
  "deployment:cancel": project("OADE"),
  "release:read": project("OAUDEV"),
  "release:rollback": project("OADE"),
  "release:promote": project("OADE"),
  "release:keep": project("OADE"),
  "volume:remove": project("OA"),
  "source:read": project("OADE"),
  "git-credential:read": project("OAUDEV"),
  "git-credential:write": project("OAE"),
  "hook:read": project("OAUDEV"),
  "hook:write": project("OAE"),
  "hook:deliver": anybody, // its own signature decides, see the app's tests
  "replica:shell": project("OA", dangerous),
  "run:read": project("OAUDEV"),
  "run:create": project("OADE"),
  "run:cancel": project("OADE"),
  "volume:inspect": project("OAUDEV"),
  "volume:browse": project("OADE"),
  "volume:reset": project("OA"),
  "volume:resize": project("OAE"),
  "snapshot:create": project("OADE"),
  "snapshot:remove": project("OAE"),
  "snapshot:restore": project("OAE"),
  "secret:read": project("OAUDEV"),
  "secret:write": project("OAE"),
  "secret:reveal": project("OA", dangerous),
  // ci, clusters, logging
  "job:create": parts("app"),
  "job:cancel": parts("app"),
  "job:read": project("OAUDEV", { parts: ["app"] }),
  "job:claim": parts("runner"),
  "job:report": parts("runner"),
  "upload:create": project("OADE"),
  "upload:read": parts("job", "runner"),
  "workload:write": parts("app"),
  "workload:run": parts("app"),
  "workload:read": project("OAUDEV", { parts: ["app"] }),
  "node:read": instance("io", { parts: ["app"] }),
  "node:write": instance("io"),
  "task:write": parts("app"),
  "agent:report": parts("agent"),
  "agent:read": parts("agent"),
  "agent:shell": parts("agent"),
  "shell:open": parts("app"),
  "log:read": project("OAUDEV", { parts: ["app"] }),
  "log:append": parts("job", "agent", "app"),
  "log:end": parts("job", "app"),
  "log:manage": parts("app"),
  // registry: below /v2 it decides by itself, see its own tests
  "oci:request": anybody,
  "repository:read": organisation("OAUDEV"),
  "image:delete": organisation("OAE"),
  "manifest:check": parts("app"),
  "pin:change": parts("app"),
  // traffic, settings
  "gateway:read": instance("io"),
  "policy:read": instance("io"),
  "policy:write": instance("io"),
  "setting:read": instance("i"),
  "setting:write": instance("i"),
  "key:read": instance("i"),
  "key:rotate": instance("i", dangerous),
  // dashboard
  "asset:read": anybody,
  "home:open": anybody,
  "api:describe": anybody,
  "event:read": project("OAUDEV"),
};

export const LETTER = {
  owner: "O",
  admin: "A",
  auditor: "U",
  deployer: "D",
  developer: "E",
  viewer: "V",
  member: "M",
} as const satisfies Record<string, Letter>;
