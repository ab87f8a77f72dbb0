import { ADA, startWorld, type World } from "./world.ts";

type Answer = Awaited<ReturnType<World["json"]>>;
type Headers = Record<string, string>;

/** The world of auth with ways to change organisations. */
export type OrganisationWorld = World & {
  /** One call of the auth app's API. */
  call(method: string, path: string, headers: Headers, body?: unknown): Promise<Answer>;
  /** Adds somebody to Ada's organisation and signs them in. */
  join(role: string): Promise<Person>;
  /** Another organisation with an owner of its own, who is in no other. */
  stranger(slug: string): Promise<Person>;
  /** A project in somebody's organisation, as the deployments app tells of one. */
  project(of: Person, slug: string, environments?: string[]): Promise<Project>;
  ada: Person;
};

export type Person = { id: string; email: string; organisationId: string; headers: { cookie: string } };
export type Project = { id: string; slug: string; environments: Record<string, string> };

export const startOrganisationWorld = async (
  options: { settingEnv?: Record<string, string> } = {},
): Promise<OrganisationWorld> => {
  const base = await startWorld(options);
  const signedIn = async (email: string): Promise<Person> => {
    const headers = await base.signIn(email);
    const { body } = await base.get("/me", headers);
    return { id: body.person.id, email, organisationId: body.organisation.id, headers };
  };
  const addPerson = async (email: string, organisationId: string, role: string) => {
    await base.database.admin`
      with person as (
        insert into auth.people (id, email, name, password_hash)
        select ${Bun.randomUUIDv7()}, ${email}, ${`The ${role}`}, password_hash from auth.people where email = ${ADA}
        returning id
      )
      insert into auth.memberships (person_id, organisation_id, role)
      select person.id, ${organisationId}, ${role} from person`;
    return signedIn(email);
  };
  let made = 0;
  const unique = (name: string) => {
    made += 1;
    return `${name}-${made}@example.com`;
  };
  const ada = await signedIn(ADA);
  return {
    ...base,
    ada,
    call: (method, path, headers, body) => base.json(method, `/api/v1/auth${path}`, headers, body),
    join: (role) => addPerson(unique(role), ada.organisationId, role),
    async stranger(slug) {
      const organisationId = Bun.randomUUIDv7();
      await base.database.admin`
        insert into auth.organisations (id, slug, name) values (${organisationId}, ${slug}, ${slug})`;
      return addPerson(unique(slug), organisationId, "owner");
    },
    async project({ organisationId }, slug, environments = ["production"]) {
      const id = Bun.randomUUIDv7();
      await base.database.admin`
        insert into auth.projects (organisation_id, id, slug) values (${organisationId}, ${id}, ${slug})`;
      const ids: Record<string, string> = {};
      for (const name of environments) {
        const environmentId = Bun.randomUUIDv7();
        ids[name] = environmentId;
        await base.database.admin`
          insert into auth.environments (organisation_id, project_id, id, slug)
          values (${organisationId}, ${id}, ${environmentId}, ${name})`;
      }
      return { id, slug, environments: ids };
    },
  };
};
