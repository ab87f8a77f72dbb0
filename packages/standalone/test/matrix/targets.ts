import type { Target, Values } from "./target.ts";
import type { Belongings, World } from "./world.ts";

/**
 * What every kind of path names, on each side of the fence. A route with parts in its path that fits none of these fails:
 * whoever adds one says here what it is about.
 */
export const makeTargets = async (world: World): Promise<Target[]> => {
  const { own, sibling, foreign, seed, people } = world;
  const everywhere = async (make: (of: Belongings) => Promise<Values>) => ({
    own: await make(own),
    sibling: await make(sibling),
    foreign: await make(foreign),
  });
  /** Of organisations, whose siblings are no strangers. */
  const twice = async (make: (of: Belongings) => Promise<Values>) => ({
    own: await make(own),
    foreign: await make(foreign),
  });

  const project = async ({ project: { slug } }: Belongings): Promise<Values> => ({ project: slug });
  const service = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const { slug } = await seed.service(in_, marker);
    return { project: in_.slug, service: slug };
  };
  const deployment = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    return { project: in_.slug, service: made.slug, deployment: await seed.deployment(made) };
  };
  const bound = async (of: Belongings): Promise<Values> => ({
    ...(await service(of)),
    to: (await seed.database(of.project, of.marker)).slug,
  });
  const release = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    return { project: in_.slug, service: made.slug, release: await seed.release(made) };
  };
  const run = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    return { project: in_.slug, service: made.slug, run: await seed.run(made) };
  };
  const volume = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    return { project: in_.slug, service: made.slug, volume: (await seed.volume(made, marker)).slug };
  };
  const snapshot = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    const { slug, dataId } = await seed.volume(made, marker);
    return { project: in_.slug, service: made.slug, volume: slug, snapshot: await seed.snapshot(made, dataId) };
  };
  const operation = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const made = await seed.service(in_, marker);
    const { slug, dataId } = await seed.volume(made, marker);
    return { project: in_.slug, service: made.slug, volume: slug, operation: await seed.volumeOperation(made, dataId) };
  };
  const keptVolume = async ({ project: in_, marker }: Belongings): Promise<Values> => {
    const kept = await seed.keptVolume(in_, marker);
    const { slug } = await seed.service(in_, marker);
    return { project: in_.slug, kept: kept.id, confirm: kept.slug, service: slug };
  };
  const environment = async ({ project: { slug } }: Belongings): Promise<Values> => ({
    project: slug,
    environment: "production",
  });
  const hook = async ({ project: in_, marker }: Belongings): Promise<Values> => ({
    project: in_.slug,
    hook: await seed.hook(in_, marker),
  });
  const group = async ({ project: in_, marker }: Belongings): Promise<Values> => ({
    project: in_.slug,
    group: await seed.secretGroup(in_, marker),
  });
  const groupOfServices = async ({ project: in_, marker }: Belongings): Promise<Values> => ({
    project: in_.slug,
    group: await seed.group(in_, marker),
  });
  const groupOfService = async (of: Belongings): Promise<Values> => ({ ...(await service(of)), ...(await group(of)) });
  const grant = async ({ project: in_, organisation }: Belongings): Promise<Values> => {
    const personId = await people.addMember(organisation, "member");
    return { project: in_.slug, grant: await people.grant(organisation, { personId }, in_.id, "viewer") };
  };
  const stream = async ({ project: in_ }: Belongings): Promise<Values> => ({ stream: await seed.stream(in_) });
  const workload = async ({ project: in_, marker }: Belongings): Promise<Values> => ({
    workloadId: await seed.workload(in_, marker),
  });
  const job = async ({ project: in_, marker }: Belongings): Promise<Values> => ({ id: await seed.job(in_, marker) });
  const repository = async ({ organisation }: Belongings): Promise<Values> => ({
    repository: await seed.repository(organisation, `${organisation.slug}mark`),
  });
  const member = async ({ organisation }: Belongings): Promise<Values> => ({
    person: await people.addMember(organisation, "viewer"),
  });
  const team = async ({ organisation }: Belongings): Promise<Values> => ({
    team: (await seed.team(organisation, `${organisation.slug}mark`)).slug,
  });
  const teamMember = async (of: Belongings): Promise<Values> => ({ ...(await team(of)), ...(await member(of)) });
  const invite = async ({ organisation, ownerId }: Belongings): Promise<Values> => ({
    invite: await seed.invite(organisation, ownerId, `${organisation.slug}mark`),
  });
  const account = async ({ organisation }: Belongings): Promise<Values> => ({
    account: await people.serviceAccount(organisation, "viewer"),
  });
  const accountToken = async ({ organisation }: Belongings): Promise<Values> => {
    const serviceAccountId = await people.serviceAccount(organisation, "viewer");
    const { id } = await people.token({ serviceAccountId }, organisation.id, ["*"]);
    return { account: serviceAccountId, token: id };
  };
  const session = async ({ organisation }: Belongings): Promise<Values> => {
    const personId = await people.addMember(organisation, "viewer");
    return { session: (await people.session(personId, organisation.id)).id };
  };
  const token = async ({ organisation }: Belongings): Promise<Values> => {
    const personId = await people.addMember(organisation, "viewer");
    return { token: (await people.token({ personId }, organisation.id, ["*"])).id };
  };
  const somebody = async (): Promise<Values> => ({ person: await people.addMember(foreign.organisation, "viewer") });
  const organisation = async (): Promise<Values> => ({
    organisation: (await people.addOrganisation(`spare-${Bun.randomUUIDv7().slice(-8)}`)).id,
  });
  const rule = async (): Promise<Values> => ({ rule: await seed.rule("rule") });
  const host = async (): Promise<Values> => ({ host: `h${Bun.randomUUIDv7().slice(-8)}.example.com` });
  const othersOnly = async (make: (of: Belongings) => Promise<Values>) => ({
    sibling: await make(sibling),
    foreign: await make(foreign),
  });

  return [
    { fits: /[{:]project\}?\/hooks\/[{:]hook/, at: await everywhere(hook), fresh: () => hook(own) },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/deployments\/[{:]deployment/,
      at: await everywhere(deployment),
      fresh: () => deployment(own),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/releases\/[{:]release/,
      at: await everywhere(release),
      fresh: () => release(own),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/runs\/[{:]run/,
      at: await everywhere(run),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/volumes\/[{:]volume\}?\/snapshots\/[{:]snapshot/,
      at: await everywhere(snapshot),
      fresh: () => snapshot(own),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/volumes\/[{:]volume\}?\/operations\/[{:]operation/,
      at: await everywhere(operation),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/volumes\/[{:]volume/,
      at: await everywhere(volume),
      fresh: () => volume(own),
    },
    {
      fits: /[{:]project\}?\/kept-volumes\/[{:]kept/,
      at: await everywhere(keptVolume),
      fresh: () => keptVolume(own),
    },
    {
      fits: /[{:]project\}?\/services\/[{:]service\}?\/bindings$/,
      at: await everywhere(bound),
      fresh: () => bound(own),
    },
    { fits: /[{:]project\}?\/.*[{:]deployment/, at: await everywhere(deployment), fresh: () => deployment(own) },
    {
      fits: /[{:]project\}?\/.*[{:]service\}?\/.*[{:]group/,
      at: await everywhere(groupOfService),
      fresh: () => groupOfService(own),
    },
    {
      fits: /[{:]project\}?\/groups\/[{:]group/,
      at: await everywhere(groupOfServices),
      fresh: () => groupOfServices(own),
    },
    { fits: /[{:]project\}?\/.*[{:]group/, at: await everywhere(group), fresh: () => group(own) },
    { fits: /[{:]project\}?\/.*[{:]service\}?/, at: await everywhere(service), fresh: () => service(own) },
    { fits: /[{:]project\}?\/environments\/[{:]environment/, at: await everywhere(environment) },
    { fits: /[{:]project\}?\/grants\/[{:]grant/, at: await everywhere(grant), fresh: () => grant(own) },
    { fits: /[{:]project\}?\/protect$/, at: await everywhere(environment) },
    {
      fits: /[{:]project\}?/,
      at: await everywhere(project),
      // Whoever removes a project must not remove the one that roles were granted in: it has a service, so it stays.
    },
    { fits: /\/streams\/[{:]stream/, at: await everywhere(stream) },
    { fits: /\/workloads\/\{workloadId\}$/, at: await everywhere(workload), anyName: "writing" },
    { fits: /\/workloads\/\{workloadId\}/, at: await everywhere(workload) },
    { fits: /\/ci\/jobs\/\{id\}/, at: await everywhere(job) },
    { fits: /\/registry\/(tags|manifests)$|\/registry\/:repository/, at: await twice(repository) },
    { fits: /\/teams\/[{:]team\}?\/members\/[{:]person/, at: await twice(teamMember), fresh: () => teamMember(own) },
    { fits: /\/members\/[{:]person/, at: await twice(member), fresh: () => member(own) },
    { fits: /\/teams\/[{:]team/, at: await twice(team), fresh: () => team(own) },
    { fits: /\/invites\/[{:]invite/, at: await twice(invite), fresh: () => invite(own) },
    {
      fits: /\/service-accounts\/[{:]account\}?\/tokens\/[{:]token/,
      at: await twice(accountToken),
      fresh: () => accountToken(own),
    },
    { fits: /\/service-accounts\/[{:]account/, at: await twice(account), fresh: () => account(own) },
    { fits: /\/sessions\/[{:]session/, at: await othersOnly(session) },
    { fits: /\/tokens\/[{:]token/, at: await othersOnly(token) },
    { fits: /\/admin\/people\/[{:]person/, at: { own: await somebody() }, fresh: somebody },
    { fits: /\/admin\/organisations\/[{:]organisation/, at: { own: await organisation() }, fresh: organisation },
    { fits: /\/sign-in\/rules\/[{:]rule/, at: { own: await rule() }, fresh: rule },
    { fits: /\/policies\/[{:]host/, at: { own: { host: "policy.example.com" } }, fresh: host, anyName: "always" },
    { fits: /\/pins\/\{key\}/, at: { own: { key: "nobody's" } }, anyName: "writing" },
    { fits: /\/settings\/keys\/[{:]id/, at: { own: { id: "1" } } },
    {
      fits: /\/agent\/shells\/:shell|\/shells\/\{shellId\}/,
      at: { own: { shell: Bun.randomUUIDv7(), shellId: Bun.randomUUIDv7() } },
      anyName: "always",
    },
    { fits: /\/nodes\/\{nodeId\}/, at: { own: { nodeId: await seed.node() } } },
  ];
};
