import { Secret } from "@homeport/kit/secret.ts";
import { mailPlace, unpackMail } from "../src/mail.ts";
import type { World } from "./world.ts";

type Headers = Record<string, string>;

/** A mail server that nobody answers at: what is sent waits in the table, where a test reads it. */
export const MAIL_ENV = {
  HOMEPORT_SMTP_HOST: "127.0.0.1",
  HOMEPORT_SMTP_PORT: "9",
  HOMEPORT_MAIL_FROM: "homeport@example.com",
};

/** What tests of several organisations and of the platform itself need of the world. */
export const platformOf = (world: World) => {
  const sql = world.database.admin;
  const personId = async (email: string): Promise<string> => {
    const [row] = await sql<{ id: string }[]>`select id from auth.people where email = ${email}`;
    if (row === undefined) throw new Error(`there is no ${email}`);
    return row.id;
  };
  return {
    personId,
    call: (method: string, path: string, headers: Headers, body?: unknown) =>
      world.json(method, `/api/v1/auth${path}`, headers, body),
    exists: async (email: string): Promise<boolean> =>
      (await sql`select id from auth.people where email = ${email}`).length === 1,
    async addOrganisation(slug: string): Promise<string> {
      const id = Bun.randomUUIDv7();
      await sql`insert into auth.organisations (id, slug, name) values (${id}, ${slug}, ${slug})`;
      return id;
    },
    async join(email: string, organisationId: string, role: string): Promise<void> {
      await sql`
        insert into auth.memberships (person_id, organisation_id, role)
        values (${await personId(email)}, ${organisationId}, ${role})`;
    },
    async leaveAll(email: string): Promise<void> {
      await sql`delete from auth.memberships where person_id = ${await personId(email)}`;
    },
    async addProject(organisationId: string, slug: string): Promise<void> {
      await sql`
        insert into auth.projects (organisation_id, id, slug) values (${organisationId}, ${Bun.randomUUIDv7()}, ${slug})`;
    },
    async promote(email: string, role: string | null): Promise<void> {
      await sql`update auth.people set instance_role = ${role} where email = ${email}`;
    },
    /** As if the last proof of who somebody is was longer ago than dangerous actions allow. */
    async ageProofs(): Promise<void> {
      await sql`update auth.sessions set verified_at = now() - interval '11 minutes'`;
    },
    async addAuthenticator(email: string): Promise<void> {
      const id = await personId(email);
      await sql`
        insert into auth.authenticators (person_id, secret_sealed, confirmed_at)
        values (${id}, ${Buffer.from("sealed")}, now())`;
      await sql`insert into auth.recovery_codes (person_id, code_hash) values (${id}, ${Buffer.from("hash")})`;
    },
    /** The mails that wait, oldest first. */
    async mails(): Promise<{ to: string; subject: string; text: string }[]> {
      const rows = await sql<{ id: string; recipient: string; sealed: Uint8Array }[]>`
        select id, recipient, content_sealed as sealed from auth.mails order by id`;
      return rows.map(({ id, recipient, sealed }) =>
        unpackMail(recipient, world.platform.keys.open(mailPlace(id), sealed).reveal()),
      );
    },
    /** What an organisation's part of the audit log says, or the platform's for null, oldest first. */
    async audited(organisationId: string | null): Promise<{ action: string; subjectId: string; actorId: string }[]> {
      return sql<{ action: string; subjectId: string; actorId: string }[]>`
        select action, subject_id as "subjectId", actor_id as "actorId"
        from platform.audit_entries
        where organisation_id is not distinct from ${organisationId}
        order by id`;
    },
  };
};

export type PlatformOf = ReturnType<typeof platformOf>;

export const tokenIn = (text: string): Secret =>
  new Secret(/\/account\/email\/confirm\?token=([\w-]{43})/.exec(text)?.[1] ?? "");
