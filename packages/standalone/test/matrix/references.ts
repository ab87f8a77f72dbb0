import type { World } from "./world.ts";

/** Where a name that is put into an input leads. */
export type Side = "own" | "sibling" | "foreign" | "missing";

/**
 * One field of an input, not the thing that the route is about, that names something. By hand: which fields name something
 * is for people to say, and `references.test.ts` fails for one that nobody has said anything about.
 */
export type Reference = {
  /** The fields that this is about, as `<app> <route>: <field>`; those of a page's form have its path in place of a name. */
  field: string;
  /** Who asks; the owner of `home` unless given. */
  by?: string;
  ask: (reference: string) => { method: string; path: string; query?: object; body?: object; form?: object };
  /** A name of each kind that there is; `missing` is made up. `own` is left out where one cannot be made by a row alone. */
  at: Partial<Record<Exclude<Side, "missing">, string>>;
  missing?: string;
  /** What a name of nothing is answered; a filter is let find nothing. */
  answer?: "refused" | "empty";
};

const uuid = (): string => Bun.randomUUIDv7();

export const makeReferences = async (world: World): Promise<Reference[]> => {
  const { own, sibling, foreign, ops, people, seed } = world;
  const home = own.organisation;
  const away = foreign.organisation;
  const project = own.project.slug;
  const team = async (of: typeof home) => (await seed.team(of, `${of.slug}mark`)).id;
  const [ownTeam, foreignTeam] = [await team(home), await team(away)];
  const [ownMember, foreignMember] = [await people.addMember(home, "member"), await people.addMember(away, "member")];
  const account = async (of: typeof home) => people.serviceAccount(of, "viewer");
  const [ownAccount, foreignAccount] = [await account(home), await account(away)];
  const service = (await seed.service(own.project, own.marker)).slug;
  const [ownGroup, siblingGroup, foreignGroup] = [
    await seed.secretGroup(own.project, own.marker),
    await seed.secretGroup(sibling.project, sibling.marker),
    await seed.secretGroup(foreign.project, foreign.marker),
  ];
  const groups = {
    own: await seed.group(own.project, own.marker),
    sibling: await seed.group(sibling.project, sibling.marker),
    foreign: await seed.group(foreign.project, foreign.marker),
  };
  const services = {
    own: (await seed.service(own.project, own.marker)).id,
    sibling: (await seed.service(sibling.project, sibling.marker)).id,
    foreign: (await seed.service(foreign.project, foreign.marker)).id,
  };
  const databases = { ...services, own: (await seed.database(own.project, own.marker)).id };
  const kept = [
    await seed.keptVolume(own.project, own.marker),
    await seed.keptVolume(own.project, own.marker),
  ] as const;
  const rule = await seed.rule("rule");
  const foreignRepository = await seed.repository(away, "awaymark");

  const projects = { own: own.project.id, foreign: foreign.project.id };
  const environments = {
    own: own.project.environmentId,
    sibling: sibling.project.environmentId,
    foreign: foreign.project.environmentId,
  };
  const members = { own: ownMember, foreign: foreignMember };
  const teams = { own: ownTeam, foreign: foreignTeam };
  const accounts = { own: ownAccount, foreign: foreignAccount };

  const auth = "/api/v1/auth";
  const deployments = `/api/v1/deployments/projects/${project}`;
  const grant = (body: object) => ({ method: "PUT", path: `${auth}/projects/${project}/grants`, body });
  const grantForm = (form: object) => ({
    method: "POST",
    path: `/organisation/projects/${project}`,
    form: { kind: "person", name: ownMember, role: "viewer", environment: "", ...form },
  });
  const grants = (query: object) => ({ method: "GET", path: `${auth}/grants`, query });
  const token = (scope: string) => ({ name: "matrix", scopes: [scope] });
  const variables = `/projects/${project}/${service}/variables`;

  return [
    {
      field: "auth organisations.switch: organisation",
      ask: (organisation) => ({ method: "POST", path: `${auth}/organisation/switch`, body: { organisation } }),
      at: { own: home.id, foreign: away.id },
    },
    {
      field: "auth invites.create: teams",
      ask: (name) => ({
        method: "POST",
        path: `${auth}/invites`,
        body: { email: "one@example.com", teams: [ownTeam, name] },
      }),
      at: teams,
    },
    {
      field: "auth POST /organisation/invites: teams",
      ask: (name) => ({
        method: "POST",
        path: "/organisation/invites",
        form: { email: "another@example.com", role: "viewer", teams: name },
      }),
      at: teams,
    },
    {
      field: "auth grants.put: who",
      ask: (person) => grant({ who: { person }, role: "viewer" }),
      at: members,
    },
    { field: "auth grants.put: who", ask: (team) => grant({ who: { team }, role: "viewer" }), at: teams },
    {
      field: "auth grants.put: who",
      ask: (serviceAccount) => grant({ who: { serviceAccount }, role: "viewer" }),
      at: accounts,
    },
    {
      field: "auth grants.put: environment",
      ask: (environment) => grant({ who: { person: ownMember }, role: "viewer", environment }),
      at: environments,
    },
    { field: "auth POST /organisation/projects/:project: name", ask: (name) => grantForm({ name }), at: members },
    {
      field: "auth POST /organisation/projects/:project: name",
      ask: (name) => grantForm({ kind: "team", name }),
      at: teams,
    },
    {
      field: "auth POST /organisation/projects/:project: name",
      ask: (name) => grantForm({ kind: "service-account", name }),
      at: accounts,
    },
    {
      field: "auth POST /organisation/projects/:project: environment",
      ask: (environment) => grantForm({ environment }),
      at: environments,
    },
    { field: "auth grants.list: project", ask: (name) => grants({ project: name }), at: projects, answer: "empty" },
    { field: "auth grants.list: person", ask: (person) => grants({ person }), at: members, answer: "empty" },
    { field: "auth grants.list: team", ask: (name) => grants({ team: name }), at: teams, answer: "empty" },
    {
      field: "auth grants.list: serviceAccount",
      ask: (serviceAccount) => grants({ serviceAccount }),
      at: accounts,
      answer: "empty",
    },
    {
      field: "auth POST /organisation/teams/:team: person",
      ask: (person) => ({ method: "POST", path: `/organisation/teams/${ownTeam}`, form: { person } }),
      at: members,
    },
    {
      field: "auth audit.list: project",
      ask: (name) => ({ method: "GET", path: `${auth}/audit`, query: { project: name } }),
      at: projects,
      answer: "empty",
    },
    ...["tokens.create", "serviceAccounts.tokens.create"].flatMap((name): Reference[] => {
      const path = `${auth}${name === "tokens.create" ? "" : `/service-accounts/${ownAccount}`}/tokens`;
      const field = `auth ${name}: scopes`;
      return [
        { field, ask: (id) => ({ method: "POST", path, body: token(`*@project/${id}`) }), at: projects },
        {
          field,
          ask: (id) => ({ method: "POST", path, body: token(`*@project/${project}/environment/${id}`) }),
          at: environments,
        },
      ];
    }),
    {
      field: "auth rules.create: organisation",
      by: "instance owner",
      ask: (organisation) => ({
        method: "POST",
        path: `${auth}/sign-in/rules`,
        body: { effect: "allow", kind: "domain", pattern: `${uuid()}.example.com`, organisation, role: "viewer" },
      }),
      at: { own: ops.id },
    },
    {
      field: "auth rules.update: organisation",
      by: "instance owner",
      ask: (organisation) => ({
        method: "PUT",
        path: `${auth}/sign-in/rules/${rule}`,
        body: { effect: "allow", kind: "domain", pattern: "rule.example.com", organisation, role: "viewer" },
      }),
      at: { own: ops.id },
    },
    {
      field: "deployments POST /projects/:project/:service/variables/groups: group",
      ask: (group) => ({ method: "POST", path: `${variables}/groups`, form: { group, as: "variables" } }),
      at: { own: ownGroup, sibling: siblingGroup, foreign: foreignGroup },
      missing: "ownmark-never-was-there",
    },
    {
      field: "deployments POST /projects/:project/:service/variables/groups/detach: group",
      ask: (group) => ({ method: "POST", path: `${variables}/groups/detach`, form: { group } }),
      at: { own: ownGroup, sibling: siblingGroup, foreign: foreignGroup },
      missing: "ownmark-never-was-there",
    },
    {
      field: "deployments services.create: group",
      ask: (group) => ({
        method: "POST",
        path: `${deployments}/services`,
        body: { slug: `s${uuid().slice(-8)}`, source: { kind: "upload" }, group },
      }),
      at: groups,
    },
    {
      field: "deployments services.update: group",
      ask: (group) => ({ method: "PATCH", path: `${deployments}/services/${service}`, body: { group } }),
      at: groups,
    },
    {
      field: "deployments services.get: environment",
      ask: (environment) => ({ method: "GET", path: `${deployments}/services/${service}`, query: { environment } }),
      at: environments,
    },
    {
      field: "deployments services.list: environment",
      ask: (environment) => ({ method: "GET", path: `${deployments}/services`, query: { environment } }),
      at: environments,
    },
    {
      field: "deployments bindings.create: to",
      ask: (to) => ({ method: "POST", path: `${deployments}/services/${service}/bindings`, body: { to } }),
      at: databases,
    },
    {
      field: "deployments bindings.remove: to",
      ask: (to) => ({ method: "DELETE", path: `${deployments}/services/${service}/bindings`, body: { to } }),
      at: { sibling: databases.sibling, foreign: databases.foreign }, // that it is bound takes more than a row
    },
    {
      field: "deployments templates.add: bind",
      ask: (name) => ({
        method: "POST",
        path: `${deployments}/services/from-template`,
        body: { template: "postgres", slug: `s${uuid().slice(-8)}`, bind: [{ service: name }] },
      }),
      at: services,
    },
    {
      field: "deployments templates.add: environment",
      ask: (environment) => ({
        method: "POST",
        path: `${deployments}/services/from-template`,
        body: { template: "postgres", slug: `s${uuid().slice(-8)}`, environment },
      }),
      at: environments,
    },
    {
      field: "deployments keptVolumes.restore: service",
      ask: (name) => ({
        method: "POST",
        path: `${deployments}/kept-volumes/${kept[0].id}/restore`,
        body: { service: name },
      }),
      at: services,
    },
    {
      field: "deployments keptVolumes.restore: environment",
      ask: (environment) => ({
        method: "POST",
        path: `${deployments}/kept-volumes/${kept[1].id}/restore`,
        body: { service, environment, path: "/other" },
      }),
      at: environments,
    },
    {
      field: "deployments canvas.get: environment",
      ask: (environment) => ({ method: "GET", path: `${deployments}/canvas`, query: { environment } }),
      at: environments,
    },
    {
      field: "deployments environments.create: copyFrom",
      ask: (copyFrom) => ({
        method: "POST",
        path: `${deployments}/environments`,
        body: { slug: `e${uuid().slice(-8)}`, copyFrom },
      }),
      at: environments,
    },
    {
      field: "registry manifests.resolve: reference",
      by: "an app",
      ask: (name) => ({
        method: "POST",
        path: "/api/v1/registry/manifests/resolve",
        body: { organisationId: home.id, reference: `${name}:latest` },
      }),
      at: { foreign: foreignRepository },
      missing: "away/awaymark/never-was-there",
    },
    {
      field: "registry pins.put: repository",
      by: "an app",
      ask: (repository) => ({
        method: "PUT",
        path: `/api/v1/registry/pins/${uuid()}`,
        body: { organisationId: home.id, repository, digest: `sha256:${"a".repeat(64)}` },
      }),
      at: { foreign: foreignRepository },
      missing: "away/awaymark/never-was-there",
    },
  ];
};
