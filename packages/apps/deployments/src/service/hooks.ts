import { randomBytes } from "node:crypto";
import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Actor } from "../actor.ts";
import type { Hook, HookId, HookProvider } from "../hook.ts";
import type { Project } from "../project.ts";
import { repositoryOf } from "../repository-url.ts";
import { type KeptDelivery, listDeliveries } from "../store/hook-deliveries.ts";
import { deleteHook, findHook, insertHook, listHooks, lockSealedHook, rotateHook } from "../store/hooks.ts";
import { listAllServices } from "../store/services.ts";
import { openHookSecret, sealHookSecret } from "./source-seals.ts";

/** A hook and the names of the services that its pushes are for. */
export type HookOverview = { hook: Hook; services: string[] };
export type HookWithSecret = HookOverview & { secret: Secret };

const SECRET_BYTES = 32;
const newSecret = (): Secret => new Secret(randomBytes(SECRET_BYTES).toString("base64url"));

/** Webhooks of projects: how pushes get here. */
export const createHooks = (sql: Sql, keys: Keyring) => {
  const servicesByRepository = async (project: Pick<Project, "id">): Promise<Map<string, string[]>> => {
    const names = new Map<string, Set<string>>();
    for (const { source, slug } of await listAllServices(sql, project.id)) {
      if (source.kind !== "git") continue;
      const repository = repositoryOf(source.url);
      names.set(repository, (names.get(repository) ?? new Set()).add(slug));
    }
    return new Map([...names].map(([repository, slugs]) => [repository, [...slugs].sort()]));
  };
  const overviewOf = async (hook: Hook): Promise<HookOverview> => {
    const services = (await servicesByRepository({ id: hook.projectId })).get(hook.repository) ?? [];
    return { hook, services };
  };

  return {
    async list(project: Project): Promise<HookOverview[]> {
      const services = await servicesByRepository(project);
      return (await listHooks(sql, project.id)).map((hook) => ({
        hook,
        services: services.get(hook.repository) ?? [],
      }));
    },

    /** @throws {DomainError} conflict, when the project has one for the repository */
    async create(
      project: Project,
      wanted: { provider: HookProvider; url: string },
      actor: Actor,
    ): Promise<HookWithSecret> {
      const secret = newSecret();
      const id = newId<HookId>();
      const { organisationId } = project;
      const hook = await sql.begin(async (tx) => {
        const made = await insertHook(tx, {
          ...wanted,
          id,
          organisationId,
          projectId: project.id,
          repository: repositoryOf(wanted.url),
          secretSealed: sealHookSecret(keys, { organisationId, id }, "secret", secret),
          createdBy: actor,
        });
        await tell(tx, "hook:write", "created", made, actor);
        return made;
      });
      return { ...(await overviewOf(hook)), secret };
    },

    /** A new secret; the one before is taken for a while. @throws {DomainError} not_found */
    async rotate({ projectId, id, organisationId }: Hook, actor: Actor): Promise<HookWithSecret> {
      const secret = newSecret();
      const hook = await sql.begin(async (tx) => {
        const known = await lockSealedHook(tx, id);
        if (known === null) throw new DomainError("not_found", "There is no such hook.");
        const former = unlessDamaged(() => openHookSecret(keys, known, "secret", known.secretSealed));
        await rotateHook(tx, id, {
          secret: sealHookSecret(keys, { organisationId, id }, "secret", secret),
          former: former === null ? null : sealHookSecret(keys, { organisationId, id }, "former", former),
        });
        await tell(tx, "hook:rotate", "rotated", known, actor);
        return findHook(tx, projectId, id);
      });
      if (hook === null) throw new DomainError("not_found", "There is no such hook.");
      return { ...(await overviewOf(hook)), secret };
    },

    async remove(hook: Hook, actor: Actor): Promise<boolean> {
      return sql.begin(async (tx) => {
        const isGone = await deleteHook(tx, hook.id);
        if (isGone) await tell(tx, "hook:remove", "removed", hook, actor);
        return isGone;
      });
    },

    async deliveries(hook: Hook, page: { cursor?: string | undefined; limit: number }): Promise<Paged<KeptDelivery>> {
      const found = await listDeliveries(sql, hook.id, placeOf(page.cursor), page.limit + 1);
      return cutPage(found, page.limit, ({ receivedAt, id }) => `${receivedAt.getTime()} ${id}`);
    },
  };
};

export type Hooks = ReturnType<typeof createHooks>;

/** A secret that does not open any more is one more reason to have another. */
const unlessDamaged = (open: () => Secret): Secret | null => {
  try {
    return open();
  } catch (err) {
    if (err instanceof DomainError && err.code === "internal") return null;
    throw err;
  }
};

/** @throws {DomainError} invalid */
const placeOf = (cursor: string | undefined): { at: Date; id: string } | null => {
  if (cursor === undefined) return null;
  const [, at, id] = /^(\d{1,15}) (.+)$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw new DomainError("invalid", "cursor: is not one of a page before.");
  return { at: new Date(Number(at)), id };
};

const tell = async (
  tx: Tx,
  action: string,
  what: "created" | "rotated" | "removed",
  { id, organisationId, projectId, provider, url }: Hook,
  actor: Actor,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.hook.${what}`,
    source: "deployments",
    organisationId,
    projectId,
    subject: id,
    data: { provider, url },
    actor,
  });
  const facts = { provider, url };
  await audit(tx, {
    app: "deployments",
    action,
    organisationId,
    projectId,
    subject: { kind: "hook", id, name: url },
    ...(what === "removed" ? { before: facts } : { after: facts }),
  });
};
