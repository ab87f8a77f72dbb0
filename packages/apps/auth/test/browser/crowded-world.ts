import { audit } from "@homeport/kit/audit/audit.ts";
import { type OrganisationWorld, type Project, startOrganisationWorld } from "../organisation-world.ts";

/** An organisation as it is after some years: enough people for a second page, and names that nobody planned for. */
export type CrowdedWorld = OrganisationWorld & {
  shop: Project;
  /** One of the members, with the longest of names. */
  longest: { id: string; email: string; name: string };
};

const NAMES = [
  "Maria del Carmen Rodríguez-Villanueva y Ortega",
  "Bo",
  "Grace Hopper",
  "अनन्या शर्मा",
  "Jürgen Müller-Lüdenscheidt",
];
const ROLES = ["developer", "viewer", "member", "deployer", "admin", "auditor", "owner"];

/** 60 characters, as long as many systems of mail allow before the @. */
const longEmail = (index: number) =>
  `${`maria.del.carmen.rodriguez.villanueva.${index}`.padEnd(44, "x")}@mail.example.com`;

export const startCrowdedWorld = async (
  options: { settingEnv?: Record<string, string> } = {},
): Promise<CrowdedWorld> => {
  const world = await startOrganisationWorld(options);
  const sql = world.database.admin;
  const { organisationId } = world.ada;
  const people = Array.from({ length: 60 }, (_, index) => ({
    id: Bun.randomUUIDv7(),
    email: index % 5 === 0 ? longEmail(index) : `person-${index}@example.com`,
    name: NAMES[index % NAMES.length] as string,
    role: ROLES[index % ROLES.length] as string,
  }));
  await sql`insert into auth.people ${sql(people, "id", "email", "name")}`;
  const memberships = people.map(({ id, role }) => ({ person_id: id, organisation_id: organisationId, role }));
  await sql`insert into auth.memberships ${sql(memberships)}`;
  await sql`
    insert into auth.authenticators (person_id, secret_sealed, confirmed_at)
    select id, 'sealed', now() from auth.people where name = 'Grace Hopper'`;
  await sql`update auth.people set suspended_at = now() where email = 'person-1@example.com'`;
  const shop = await world.project(world.ada, "shop", ["production", "staging"]);
  await world.project(world.ada, "the-warehouse-of-the-northern-region-2", ["production"]);
  await addTeams(world, people.slice(0, 12));
  await addGrants(world);
  await addServiceAccounts(world);
  await addInvites(world);
  await addTokens(world);
  await addAuditEntries(world, shop);
  await addPlatform(world);
  return { ...world, shop, longest: people[0]! };
};

const must = async (made: Promise<{ status: number; body: unknown }>): Promise<void> => {
  const { status, body } = await made;
  if (status >= 300) throw new Error(`the world is not as it should be: ${status} ${JSON.stringify(body)}`);
};

const addTeams = async ({ call, ada }: OrganisationWorld, members: { id: string }[]) => {
  await must(call("POST", "/teams", ada.headers, { slug: "backend", name: "Backend" }));
  const name = "Everybody who looks after the warehouses of the northern region and their forklifts";
  await must(call("POST", "/teams", ada.headers, { slug: "the-warehouse-of-the-northern-region-2", name }));
  for (const { id } of members) await must(call("PUT", `/teams/backend/members/${id}`, ada.headers));
};

const addGrants = async ({ call, ada }: OrganisationWorld) => {
  const grant = (body: Record<string, unknown>) => must(call("PUT", "/projects/shop/grants", ada.headers, body));
  await grant({ who: { person: longEmail(0) }, role: "admin" });
  await grant({ who: { person: longEmail(5) }, role: "developer", environment: "staging" });
  await grant({ who: { team: "backend" }, role: "deployer", environment: "production" });
};

const SCOPES = [
  "project:read",
  "service:*",
  "deployment:*",
  "release:read",
  "variable:read",
  "log:read",
  "metric:read",
  "member:read",
];

const addServiceAccounts = async ({ call, ada }: OrganisationWorld) => {
  const description = "Deploys the shop from the pipeline of the other data centre, every night and on every merge.";
  for (const [slug, role] of [
    ["deploys", "deployer"],
    ["backup-of-the-northern-region-warehouse", "viewer"],
  ])
    await must(call("POST", "/service-accounts", ada.headers, { slug, role, description }));
  for (const [name, scopes] of [
    ["pipeline", ["*"]],
    ["the nightly run", SCOPES],
  ] as const)
    await must(call("POST", "/service-accounts/deploys/tokens", ada.headers, { name, scopes }));
};

const addInvites = async (world: OrganisationWorld) => {
  const emails = ["new@example.com", longEmail(99), "somebody.else@example.org"];
  for (const email of emails)
    await must(world.call("POST", "/invites", world.ada.headers, { email, role: "developer", teams: ["backend"] }));
  await world.database.admin`
    update auth.invites set expires_at = now() - interval '1 day' where email = 'somebody.else@example.org'`;
};

const addTokens = async ({ call, ada }: OrganisationWorld) => {
  for (const input of [
    { name: "laptop", expiresInDays: 7 },
    { name: "A script that somebody wrote in 2019 and nobody dares to touch", scopes: SCOPES },
  ])
    await must(call("POST", "/tokens", ada.headers, input));
};

const addAuditEntries = async ({ database, ada }: OrganisationWorld, shop: Project) => {
  for (let index = 0; index < 80; index++)
    await audit(database.admin, {
      app: "auth",
      action: index % 3 === 0 ? "variable:write" : "service:update",
      organisationId: ada.organisationId,
      projectId: shop.id,
      subject: { kind: "service", id: Bun.randomUUIDv7(), name: index % 2 === 0 ? "web" : "a-worker-with-a-long-name" },
      before: { replicas: index, image: "registry.example.com/shop/api@sha256:0b3f5b2c9f7f4a35a4c1d4a7", region: null },
      after: {
        replicas: index + 1,
        image: "registry.example.com/shop/api@sha256:9c1d2e77aa04b0f1c2d3e4f5",
        hosts: ["a.example.com"],
      },
      ...(index % 7 === 0
        ? { reason: "The last release asked for more, see the notes of the meeting on Monday." }
        : {}),
    });
};

const addPlatform = async ({ database, call, ada }: OrganisationWorld) => {
  const sql = database.admin;
  const organisations = Array.from({ length: 55 }, (_, index) => ({
    id: Bun.randomUUIDv7(),
    slug: `organisation-${index}`,
    name: index % 4 === 0 ? "The Society for the Preservation of Very Long Organisation Names, Ltd." : `No ${index}`,
  }));
  await sql`insert into auth.organisations ${sql(organisations)}`;
  await sql`
    insert into auth.memberships (person_id, organisation_id, role)
    select ${ada.id}, id, 'viewer' from auth.organisations where slug in ('organisation-0', 'organisation-1')`;
  for (const rule of [
    { effect: "allow", kind: "domain", pattern: "example.com", organisation: "home", role: "member", note: "Us." },
    { effect: "deny", kind: "regex", pattern: "(spam|junk|throwaway)[0-9]*@(mail|post)\\.example\\.(com|org|net)" },
  ])
    await must(call("POST", "/sign-in/rules", ada.headers, rule));
  for (const [index, reason] of ["rule", "not_invited", "suspended", "no_organisation"].entries())
    await sql`
      insert into auth.denied_sign_ins (id, email, method, address, user_agent, reason)
      values (
        ${Bun.randomUUIDv7()}, ${longEmail(index)}, 'link', '2001:db8:85a3:8d3:1319:8a2e:370:7348',
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
        ${reason}
      )`;
  await sql`
    insert into auth.sessions (id, person_id, organisation_id, token_hash, user_agent, address, last_seen_at)
    values (
      ${Bun.randomUUIDv7()}, ${ada.id}, ${ada.organisationId}, 'another',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      '2001:db8:85a3:8d3:1319:8a2e:370:7348', now() - interval '3 days'
    )`;
};
