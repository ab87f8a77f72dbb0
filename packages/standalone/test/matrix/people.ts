import { createHash } from "node:crypto";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ProjectRole, Role } from "@homeport/kit/principal.ts";
import { newApiToken } from "../../../apps/auth/src/token.ts";
import type { MatrixPlatform } from "./platform.ts";

export type RequestHeaders = Record<string, string>;

/** Somebody who asks, as the hand-written policy sees them. */
export type Who = {
  name: string;
  headers: RequestHeaders;
  /** Not known to the platform (any more). */
  isStranger?: true;
  /** Of a part of the platform. */
  part?: "app" | "agent" | "runner" | "job";
  organisation?: "home" | "away" | "ops";
  role?: Role;
  instanceRole?: "owner" | "operator";
  /** Roles in projects of `home`: in the one that requests are about, or in its sibling. */
  granted?: { in: "own" | "sibling"; role: ProjectRole };
  /** Of a token: `all` has `*`, `dangerous` names the dangerous actions besides. */
  scope?: { actions: readonly string[]; in?: "own" | "sibling" };
  isService?: true;
  /** A session that has not proved its person for an hour. */
  isStale?: true;
};

export type OrganisationSeed = { id: string; slug: string };

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** People, sessions and tokens, put into the auth app's tables as it would write them. */
export const createPeople = (sql: Sql) => {
  const addPerson = async (name: string, instanceRole: string | null = null): Promise<string> => {
    const id = Bun.randomUUIDv7();
    await sql`
      insert into auth.people (id, email, name, password_hash, instance_role)
      values (${id}, ${`${name.replaceAll(" ", "-")}-${id.slice(-6)}@example.com`}, ${name}, null, ${instanceRole})`;
    return id;
  };
  const join = async (personId: string, organisationId: string, role: string): Promise<void> => {
    await sql`
      insert into auth.memberships (person_id, organisation_id, role) values (${personId}, ${organisationId}, ${role})`;
  };
  return {
    addPerson,
    join,
    async addOrganisation(slug: string): Promise<OrganisationSeed> {
      const id = Bun.randomUUIDv7();
      await sql`insert into auth.organisations (id, slug, name) values (${id}, ${slug}, ${slug})`;
      return { id, slug };
    },
    async addMember(organisation: OrganisationSeed, role: string, instanceRole: string | null = null): Promise<string> {
      const id = await addPerson(`${role} of ${organisation.slug}`, instanceRole);
      await join(id, organisation.id, role);
      return id;
    },
    async session(
      personId: string,
      organisationId: string,
      verifiedAgoMs = 0,
    ): Promise<{ id: string; headers: RequestHeaders }> {
      const id = Bun.randomUUIDv7();
      const value = `session-${id}`;
      await sql`
        insert into auth.sessions (id, person_id, organisation_id, token_hash, user_agent, address, verified_at)
        values (${id}, ${personId}, ${organisationId}, ${sha256(value)}, 'matrix', '127.0.0.1',
          ${new Date(Date.now() - verifiedAgoMs)})`;
      return { id, headers: { cookie: `homeport=${value}` } };
    },
    async token(
      holder: { personId: string } | { serviceAccountId: string },
      organisationId: string,
      scopes: readonly string[],
    ): Promise<{ id: string; headers: RequestHeaders }> {
      const id = Bun.randomUUIDv7();
      const token = newApiToken().reveal();
      await sql`
        insert into auth.api_tokens
          (id, person_id, service_account_id, organisation_id, name, token_hash, hint, scopes, expires_at)
        values (${id}, ${"personId" in holder ? holder.personId : null},
          ${"serviceAccountId" in holder ? holder.serviceAccountId : null}, ${organisationId}, 'matrix',
          ${sha256(token)}, 'hp_', ${[...scopes]}, now() + interval '1 day')`;
      return { id, headers: { authorization: `Bearer ${token}` } };
    },
    async remove(tokenId: string): Promise<void> {
      await sql`delete from auth.people where id = (select person_id from auth.api_tokens where id = ${tokenId})`;
    },
    async suspend(personId: string): Promise<void> {
      await sql`update auth.people set suspended_at = now() where id = ${personId}`;
    },
    async expire(sessionId: string): Promise<void> {
      await sql`update auth.sessions set last_seen_at = now() - interval '1 year' where id = ${sessionId}`;
    },
    async serviceAccount(organisation: OrganisationSeed, role: string): Promise<string> {
      const id = Bun.randomUUIDv7();
      await sql`
        insert into auth.service_accounts (id, organisation_id, slug, role)
        values (${id}, ${organisation.id}, ${`sa-${id.slice(-8)}`}, ${role})`;
      return id;
    },
    async grant(
      organisation: OrganisationSeed,
      holder: { personId: string } | { serviceAccountId: string },
      projectId: string,
      role: string,
    ): Promise<string> {
      const id = Bun.randomUUIDv7();
      await sql`
        insert into auth.grants (id, organisation_id, role, project_id, person_id, service_account_id)
        values (${id}, ${organisation.id}, ${role}, ${projectId}, ${"personId" in holder ? holder.personId : null},
          ${"serviceAccountId" in holder ? holder.serviceAccountId : null})`;
      return id;
    },
  };
};

export type People = ReturnType<typeof createPeople>;

export type Cast = { home: OrganisationSeed; away: OrganisationSeed; ops: OrganisationSeed; who: Who[] };

const HOUR_MS = 3_600_000;
const ROLES: readonly Role[] = ["owner", "admin", "auditor", "deployer", "developer", "viewer", "member"];
const GRANTED: readonly ProjectRole[] = ["admin", "deployer", "developer", "viewer"];

/** Everybody who asks. `projects` are those of `home` that requests are about. */
export const castOf = async (
  { identity }: MatrixPlatform,
  people: People,
  organisations: Pick<Cast, "home" | "away" | "ops">,
  projects: { own: string; sibling: string },
): Promise<Who[]> => {
  const { home, away, ops } = organisations;
  const who: Who[] = [{ name: "nobody", headers: {}, isStranger: true }];
  const add = (name: string, headers: RequestHeaders, facts: Omit<Who, "name" | "headers"> = {}) =>
    who.push({ name, headers, ...facts });

  const gone = await people.token({ personId: await people.addMember(home, "owner") }, home.id, ["*"]);
  await people.remove(gone.id);
  add("an owner who was removed", gone.headers, { isStranger: true });
  const suspended = await people.addMember(home, "owner", "owner");
  add("a suspended owner", (await people.session(suspended, home.id)).headers, { isStranger: true });
  await people.suspend(suspended);
  const late = await people.session(await people.addMember(home, "owner"), home.id);
  await people.expire(late.id);
  add("an owner whose session has ended", late.headers, { isStranger: true });

  for (const role of ROLES) {
    const { headers } = await people.session(await people.addMember(home, role), home.id);
    add(`${role}`, headers, { organisation: "home", role });
  }
  for (const role of GRANTED) {
    for (const place of ["own", "sibling"] as const) {
      const personId = await people.addMember(home, "member");
      await people.grant(home, { personId }, projects[place], role);
      const { headers } = await people.session(personId, home.id);
      add(`${role} of ${place === "own" ? "the project" : "another project"}`, headers, {
        organisation: "home",
        role: "member",
        granted: { in: place, role },
      });
    }
  }
  for (const role of ["owner", "viewer"] as const) {
    const { headers } = await people.session(await people.addMember(away, role), away.id);
    add(`${role} of another organisation`, headers, { organisation: "away", role });
  }
  for (const instanceRole of ["owner", "operator"] as const) {
    const personId = await people.addMember(ops, "viewer", instanceRole);
    add(`instance ${instanceRole}`, (await people.session(personId, ops.id)).headers, {
      organisation: "ops",
      role: "viewer",
      instanceRole,
    });
    const stale = await people.session(personId, ops.id, HOUR_MS);
    add(`instance ${instanceRole} an hour later`, stale.headers, {
      organisation: "ops",
      role: "viewer",
      instanceRole,
      isStale: true,
    });
  }

  const owner = await people.addMember(home, "owner");
  add("owner an hour later", (await people.session(owner, home.id, HOUR_MS)).headers, {
    organisation: "home",
    role: "owner",
    isStale: true,
  });
  const tokens: { name: string; actions: string[]; in?: "own" | "sibling" }[] = [
    { name: "owner's token for everything", actions: ["*"] },
    { name: "owner's token for reading projects", actions: ["project:read", "service:read"] },
    { name: "owner's token for the project", actions: ["*"], in: "own" },
    { name: "owner's token for another project", actions: ["*"], in: "sibling" },
    { name: "owner's token that names revealing", actions: ["secret:reveal"] },
  ];
  for (const { name, actions, in: place } of tokens) {
    const scopes = actions.map((each) => (place === undefined ? each : `${each}@project/${projects[place]}`));
    const { headers } = await people.token({ personId: owner }, home.id, scopes);
    add(name, headers, {
      organisation: "home",
      role: "owner",
      scope: { actions, ...(place === undefined ? {} : { in: place }) },
    });
  }
  const deployer = await people.serviceAccount(home, "deployer");
  add("service account that deploys", (await people.token({ serviceAccountId: deployer }, home.id, ["*"])).headers, {
    organisation: "home",
    role: "deployer",
    scope: { actions: ["*"] },
    isService: true,
  });
  const limited = await people.serviceAccount(home, "member");
  await people.grant(home, { serviceAccountId: limited }, projects.own, "developer");
  add("service account of the project", (await people.token({ serviceAccountId: limited }, home.id, ["*"])).headers, {
    organisation: "home",
    role: "member",
    granted: { in: "own", role: "developer" },
    scope: { actions: ["*"] },
    isService: true,
  });

  add("an app", await identity({ kind: "app", appId: "deployments" }), { part: "app" });
  add("an agent", await identity({ kind: "agent", nodeId: Bun.randomUUIDv7() }), { part: "agent" });
  add("a runner", await identity({ kind: "runner", runnerId: "matrix" }), { part: "runner" });
  const job = { jobId: Bun.randomUUIDv7(), organisationId: away.id, repository: `${away.slug}/shop/api` };
  add("a build of another organisation", await identity({ kind: "job", ...job }), { part: "job" });
  return who;
};
