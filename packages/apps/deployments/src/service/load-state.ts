import type { Db, Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ProjectId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { VariableScope } from "../scope.ts";
import type { SecretGroupId } from "../secret-group.ts";
import { lazyValue } from "../state/lazy-value.ts";
import { attachmentKey, type ProjectState, variableKey } from "../state/project-state.ts";
import type { SecretItems } from "../state/resolve.ts";
import { type ProjectRows, readProject, readSecretItems } from "../store/project-state.ts";
import { openVariable } from "./env.ts";
import { openItem } from "./secret-seals.ts";

/** What sealing adds: number of the key, nonce and tag. */
const SEAL_BYTES = 33;

/** A project as it is, values opened: for working out what changes and what runs; no answer is made of it as it stands. */
export type Loaded = {
  state: ProjectState;
  labels: Map<WorkloadId, string>;
  draftVersion: number;
  digestKeySealed: Uint8Array | null;
};

/** In a transaction that holds the project, or a repeatable one. @throws {DomainError} not_found */
export const loadProject = async (sql: Db, keys: Keyring, id: ProjectId): Promise<Loaded> => {
  const rows = await readProject(sql, id);
  if (rows === null) throw new DomainError("not_found", "There is no such project.");
  return {
    state: toState(keys, rows),
    labels: new Map(rows.workloads.map((each) => [each.id, each.hostLabel])),
    draftVersion: rows.project.draftVersion,
    digestKeySealed: rows.project.digestKeySealed,
  };
};

/** One moment of the project, for looking at it. */
export const inOneMoment = <T>(sql: Sql, look: (tx: Tx) => Promise<T>): Promise<T> =>
  sql.begin("isolation level repeatable read read only", look) as Promise<T>;

const toState = (keys: Keyring, rows: ProjectRows): ProjectState => {
  const { organisationId, organisationSlug, id, slug, version } = rows.project;
  return {
    organisationId,
    organisationSlug,
    project: { id, slug, version },
    environments: byId(rows.environments),
    groups: byId(rows.groups),
    services: byId(rows.services),
    workloads: byId(rows.workloads.map(({ hostLabel: _label, ...workload }) => workload)),
    variables: new Map(
      rows.variables.map(({ scope: kind, scopeId, sealed, ...variable }) => [
        variableKey(scopeId, variable.name),
        {
          ...variable,
          scope: { kind, id: scopeId } as VariableScope,
          value: lazyValue(() => openVariable(keys, { organisationId, scopeId }, variable.name, sealed)),
          sizeBytes: Math.max(0, sealed.byteLength - SEAL_BYTES),
          isEdited: false,
        },
      ]),
    ),
    attachments: new Map(rows.attachments.map((each) => [attachmentKey(each.workloadId, each.secretGroupId), each])),
    volumes: byId(rows.volumes),
    secretGroups: byId(rows.secretGroups),
  };
};

const byId = <T extends { id: string }>(things: T[]): Map<T["id"], T> => new Map(things.map((each) => [each.id, each]));

/** The items of all secret groups of a project, opened. */
export const loadSecrets = async (sql: Db, keys: Keyring, state: ProjectState): Promise<SecretItems> => {
  const { organisationId, project, secretGroups } = state;
  const items = Map.groupBy(await readSecretItems(sql, project.id), ({ groupId }) => groupId);
  return new Map(
    [...secretGroups.values()].map((group) => [
      group.id as SecretGroupId,
      {
        version: group.version,
        items: new Map(
          (items.get(group.id) ?? []).map(({ name, sealed }) => [
            name,
            openItem(keys, { organisationId, id: group.id }, name, sealed).reveal(),
          ]),
        ),
      },
    ]),
  );
};
