import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Actor } from "../actor.ts";
import type { Project } from "../project.ts";
import {
  type ListedSecretGroup,
  MAX_GROUP_BYTES,
  MAX_ITEMS,
  MAX_SERVICES_OF_GROUP,
  type SecretGroup,
} from "../secret-group.ts";
import type { Service } from "../service.ts";
import { listAttached, listUsers, listWorkloadsOf, type SecretUser } from "../store/secret-attachments.ts";
import {
  findSecretGroup,
  insertSecretGroup,
  listSecretGroups,
  lockSecrets,
  raiseVersion,
  removeSecretGroup,
} from "../store/secret-groups.ts";
import { listItemNames, measureItems, putItems, removeItems } from "../store/secret-items.ts";
import { forgetSecretGroup } from "./forget-secret-group.ts";
import { secretGroupPlace } from "./loaders.ts";
import type { Page } from "./reads.ts";
import { refuseConflicts } from "./secret-conflicts.ts";
import { emitSecrets } from "./secret-events.ts";
import { sealItem } from "./secret-seals.ts";

/** A group as its page shows it: names, and who uses them; values are not for reading. */
export type SecretGroupView = {
  group: SecretGroup;
  items: { name: string; updatedAt: Date }[];
  users: SecretUser[];
};

/** Those that were detached and still run with the group are listed, too; there is no limit to them but this. */
const MAX_USERS = 2 * MAX_SERVICES_OF_GROUP;

/** Secret groups of a project. Values go in and come out only as part of a release; nothing here reads one. */
export const createSecretGroups = (sql: Sql, keys: Keyring) => ({
  async list(
    project: Pick<Project, "id" | "organisationId">,
    { cursor, limit }: Page,
  ): Promise<Paged<ListedSecretGroup>> {
    return cutPage(await listSecretGroups(sql, project, cursor ?? "", limit + 1), limit, ({ slug }) => slug);
  },

  /** A group that a service has attached, or another of its project that the caller may know of. @throws {DomainError} not_found */
  getFor: (service: Service, reference: string, may: CallContext["may"]) => getFor(sql, service, reference, may),

  /**
   * The same, for attaching it. Who runs a service gets the values, so it takes the right to change the group: that may be
   * one of a protected environment where the service is none.
   *
   * @throws {DomainError} not_found; forbidden
   */
  async getForAttaching(service: Service, reference: string, may: CallContext["may"]): Promise<SecretGroup> {
    const group = await getFor(sql, service, reference, may);
    if (may("secret:write", await secretGroupPlace(sql, group))) return group;
    throw new DomainError(
      "forbidden",
      `Your role does not allow changing ${group.slug}, so it is not yours to attach.`,
    );
  },

  async view(group: SecretGroup): Promise<SecretGroupView> {
    return { group, items: await listItemNames(sql, group), users: await listUsers(sql, group, MAX_USERS) };
  },

  /** @throws {DomainError} conflict; invalid, beyond MAX_GROUP_BYTES */
  async create(project: Project, slug: string, values: Record<string, string>, actor: Actor): Promise<SecretGroup> {
    const names = Object.keys(values).sort();
    return sql.begin(async (tx) => {
      await lockSecrets(tx, project.id);
      const group = await insertSecretGroup(tx, project, slug);
      await put(tx, keys, group, values);
      await emitSecrets(tx, "created", group, { set: names }, actor);
      await audit(tx, { ...entryOf(group), after: { names, version: group.version } });
      return group;
    });
  },

  /**
   * Sets all of them or none; the others stay. The group with its new version.
   *
   * @throws {DomainError} invalid, beyond MAX_ITEMS or MAX_GROUP_BYTES; conflict, when a service has another group with
   *   such a name
   */
  async set(group: SecretGroup, values: Record<string, string>, actor: Actor): Promise<SecretGroup> {
    const names = Object.keys(values).sort();
    if (names.length === 0) return group;
    return sql.begin(async (tx) => {
      await lockSecrets(tx, group.projectId);
      const raised = await raiseVersion(tx, group);
      await put(tx, keys, group, values);
      await refuseConflicts(tx, await listWorkloadsOf(tx, group));
      await emitSecrets(tx, "changed", raised, { set: names }, actor);
      await audit(tx, { ...entryOf(group), after: { set: names, version: raised.version } });
      return raised;
    });
  },

  /** Returns the names that were there; when there were none, nothing has changed. */
  async unset(group: SecretGroup, names: string[], actor: Actor): Promise<{ group: SecretGroup; unset: string[] }> {
    return sql.begin(async (tx) => {
      await lockSecrets(tx, group.projectId);
      const unset = await removeItems(tx, group, names);
      if (unset.length === 0) return { group, unset };
      const raised = await raiseVersion(tx, group);
      await emitSecrets(tx, "changed", raised, { unset }, actor);
      await audit(tx, { ...entryOf(group), after: { unset, version: raised.version } });
      return { group: raised, unset };
    });
  },

  /** @throws {DomainError} conflict, while services have it attached; it names them */
  async remove(group: SecretGroup, actor: Actor): Promise<void> {
    await sql.begin(async (tx) => {
      await lockSecrets(tx, group.projectId);
      const users = (await listUsers(tx, group, MAX_USERS)).filter(({ use }) => use !== null);
      if (users.length > 0) {
        const services = users.map(({ service }) => service).join(", ");
        throw new DomainError("conflict", `Detach the group first from: ${services}.`);
      }
      const names = (await listItemNames(tx, group)).map(({ name }) => name);
      await forgetSecretGroup(tx, keys, group);
      await removeSecretGroup(tx, group);
      await emitSecrets(tx, "removed", group, {}, actor);
      await audit(tx, { ...entryOf(group), before: { names, version: group.version } });
    });
  },
});

export type SecretGroups = ReturnType<typeof createSecretGroups>;

const getFor = async (sql: Sql, service: Service, reference: string, may: CallContext["may"]): Promise<SecretGroup> => {
  const project = { id: service.projectId, organisationId: service.organisationId };
  const group = await findSecretGroup(sql, project, reference);
  if (group !== null) {
    const attached = await listAttached(sql, [service.workloadId]);
    if (attached.some(({ groupId }) => groupId === group.id)) return group;
    if (may("secret:read", await secretGroupPlace(sql, group))) return group;
  }
  throw new DomainError("not_found", "There is no such secret group.");
};

const put = async (tx: Tx, keys: Keyring, group: SecretGroup, values: Record<string, string>): Promise<void> => {
  const items = Object.entries(values).map(([name, value]) => ({
    name,
    sealed: sealItem(keys, group, name, value),
    sizeBytes: Buffer.byteLength(value),
  }));
  if (items.length === 0) return;
  await putItems(tx, group, items);
  const { count, bytes } = await measureItems(tx, group);
  if (count > MAX_ITEMS) throw new DomainError("invalid", `A secret group has at most ${MAX_ITEMS} items.`);
  if (bytes > MAX_GROUP_BYTES) {
    throw new DomainError("invalid", `The values of a secret group may hold ${MAX_GROUP_BYTES / 1024} KiB together.`);
  }
};

const entryOf = ({ id, organisationId, projectId, slug }: SecretGroup) => ({
  app: "deployments",
  action: "secret:write",
  organisationId,
  projectId,
  subject: { kind: "secret-group", id, name: slug },
});
