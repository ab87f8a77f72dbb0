import type { Db } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { UrlConfig } from "../host.ts";
import type { SecretGroupId } from "../secret-group.ts";
import type { Service } from "../service.ts";
import {
  type Config,
  type ConfigInput,
  createConfigs,
  createProblems,
  digestOf,
  type GitFacts,
} from "../state/config.ts";
import { type DataIds, dataKey } from "../state/mounts.ts";
import type { ProjectState } from "../state/project-state.ts";
import { holdProject, keepDigestKey, lacksDigestKey } from "../store/project-state.ts";
import { markUsed } from "../store/secret-groups.ts";
import { listVolumeData } from "../store/volumes.ts";
import { newDigestKey, openDigestKey } from "./change-seals.ts";
import { type Loaded, loadProject, loadSecrets } from "./load-state.ts";

/** What reading configurations takes. `urls` is what public addresses are made of. */
export type ConfigContext = { keys: Keyring; urls: UrlConfig };

export type DigestedConfig = Config & {
  /** Two releases with one digest differ in nothing but their image and what it was built from. */
  digest: string;
};

/**
 * All that the next release of a service is made of, besides its image, as things are in this transaction. Until it ends
 * nobody applies changes to the project, so that whoever does next sees the release that came of this.
 *
 * @param facts what the image was built from, for HOMEPORT_GIT_COMMIT and HOMEPORT_GIT_BRANCH; no part of the digest
 * @throws {DomainError} not_found, when the service was removed meanwhile
 */
export const configOf = async (
  tx: Db,
  context: ConfigContext,
  service: Pick<Service, "organisationId" | "projectId" | "workloadId">,
  facts: GitFacts = {},
): Promise<DigestedConfig> => {
  const project = { organisationId: service.organisationId, id: service.projectId };
  // Before the project is held: two who hold it and both want to write to it would wait for each other.
  if (await lacksDigestKey(tx, project.id)) await keepDigestKey(tx, project.id, newDigestKey(context.keys, project));
  await holdProject(tx, project.id);
  const loaded = await loadProject(tx, context.keys, service.projectId);
  const input = await inputOf(tx, context, loaded);
  const key = await digestKeyOf(tx, context.keys, loaded);
  const { workloadId } = service;
  const plain = createConfigs(input)(workloadId);
  const config = createConfigs(input, { workloadId, facts })(workloadId);
  if (plain === null || config === null) throw new DomainError("not_found", "There is no such service.");
  return { ...config, digest: digestOf(key, plain) };
};

/** The same for a release that is being made: says of the secret groups that they were used. */
export const takeConfig = async (...of: Parameters<typeof configOf>): Promise<DigestedConfig> => {
  const config = await configOf(...of);
  const groups = Object.keys(config.groups) as SecretGroupId[];
  if (groups.length > 0) await markUsed(of[0], groups);
  return config;
};

export type Configs = ReadonlyMap<WorkloadId, DigestedConfig>;

/** The configurations of all workloads of a project, by one read of its values; without those whose values do not open. */
export const configsOf = async (
  tx: Db,
  context: ConfigContext,
  loaded: Loaded,
): Promise<Map<WorkloadId, DigestedConfig>> => {
  const key = await digestKeyOf(tx, context.keys, loaded);
  const configOfWorkload = createConfigs(await inputOf(tx, context, loaded));
  const configs = new Map<WorkloadId, DigestedConfig>();
  for (const id of loaded.state.workloads.keys()) {
    const config = unlessDamaged(() => configOfWorkload(id));
    if (config !== null) configs.set(id, { ...config, digest: digestOf(key, config) });
  }
  return configs;
};

/** A value that does not open keeps those from being read that need it, and no others. */
const unlessDamaged = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch (err) {
    if (err instanceof DomainError && err.code === "internal") return null;
    throw err;
  }
};

/** What a state would make of references, with the secrets of now; nothing is written. */
export const problemsIn = async (
  sql: Db,
  context: ConfigContext,
  { labels }: Loaded,
  state: ProjectState,
): Promise<Config["problems"]> => {
  if (![...state.variables.values()].some(({ refers }) => refers.length > 0)) return [];
  const secrets = await loadSecrets(sql, context.keys, state);
  const problemsOf = createProblems({ state, secrets, labels, urls: context.urls });
  return [...state.workloads.values()]
    .flatMap((workload) => unlessDamaged(() => problemsOf(workload)) ?? [])
    .slice(0, MAX_PROBLEMS);
};

/** Of one answer. */
const MAX_PROBLEMS = 100;

const inputOf = async (sql: Db, { keys, urls }: ConfigContext, { state, labels }: Loaded): Promise<ConfigInput> => ({
  state,
  secrets: await loadSecrets(sql, keys, state),
  labels,
  urls,
  dataIds: await dataIdsOf(sql, state),
});

const dataIdsOf = async (sql: Db, { project }: ProjectState): Promise<DataIds> =>
  new Map((await listVolumeData(sql, project.id)).map((each) => [dataKey(each.volumeId, each.workloadId), each.id]));

const digestKeyOf = async (sql: Db, keys: Keyring, { state, digestKeySealed }: Loaded): Promise<Buffer> => {
  const project = { organisationId: state.organisationId, id: state.project.id };
  const sealed = digestKeySealed ?? (await keepDigestKey(sql, project.id, newDigestKey(keys, project)));
  invariant(sealed !== null, "a project that was just read is there");
  return openDigestKey(keys, project, sealed);
};
