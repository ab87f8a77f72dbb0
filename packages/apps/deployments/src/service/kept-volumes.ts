import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import { isId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Project } from "../project.ts";
import { listEnvironments } from "../store/environments.ts";
import { deleteNow, findKeptVolume, type KeptCursor, listKeptVolumes } from "../store/kept-volumes.ts";
import { findMounting } from "../store/mounts.ts";
import { lockSecrets } from "../store/secret-groups.ts";
import type { KeptVolume, VolumeDataId } from "../volume.ts";
import type { ApplyContext } from "./apply-at-once.ts";
import type { Page } from "./reads.ts";
import { keptResource } from "./volume-loader.ts";
import { requireConfirmed } from "./volumes.ts";

type May = CallContext["may"];

/** What removed volumes held. */
export const createKeptVolumes = ({ sql }: Pick<ApplyContext, "sql">, wake: () => void) => ({
  /** Last removed first; of the environments that the caller may see. @throws {DomainError} invalid, for a cursor that no page gave */
  async list(project: Project, may: May, { cursor, limit }: Page): Promise<Paged<KeptVolume>> {
    const after = cursor === undefined ? null : cursorFrom(cursor);
    const { items, nextCursor } = cutPage(await listKeptVolumes(sql, project, after, limit + 1), limit, cursorOf);
    const there = new Set((await listEnvironments(sql, project)).map(({ id }) => id));
    const isSeen = (kept: KeptVolume) => may("service:read", keptResource(kept, there.has(kept.was.environmentId)));
    return { items: items.filter(isSeen), nextCursor };
  },

  /** Has it deleted now instead of in some days. @throws {DomainError} invalid, for another name; conflict, while it is mounted */
  async remove(kept: KeptVolume, confirm: string): Promise<KeptVolume> {
    requireConfirmed(kept.was, confirm);
    const deleted = await sql.begin(async (tx) => {
      await lockSecrets(tx, kept.projectId); // whoever brings it back, or makes a release with it, is waited for
      await refuseMounted(tx, kept);
      if (await deleteNow(tx, kept.id)) {
        await audit(tx, { ...keptEntry("volume:remove", kept), before: { ...describe(kept) } });
      }
      const project = { id: kept.projectId, organisationId: kept.organisationId };
      const now = await findKeptVolume(tx, project, kept.id);
      if (now === null) throw new DomainError("not_found", "There is no such volume.");
      return now;
    });
    wake();
    return deleted;
  },
});

export type KeptVolumes = ReturnType<typeof createKeptVolumes>;

const refuseMounted = async (tx: Tx, kept: KeptVolume): Promise<void> => {
  const mounting = await findMounting(tx, kept);
  if (mounting === null) return;
  const { service, environment, number } = mounting;
  const message = `Release ${number} of ${service} in ${environment} still has ${kept.was.slug} mounted. Deploy ${service} there first.`;
  throw new DomainError("conflict", message);
};

export const keptEntry = (action: string, { id, organisationId, projectId, was }: KeptVolume) => ({
  app: "deployments",
  action,
  organisationId,
  projectId,
  subject: { kind: "volume", id, name: was.slug },
});

export const describe = ({ was }: KeptVolume): Record<string, unknown> => ({
  service: was.service,
  environment: was.environment,
  path: was.path,
});

const cursorOf = ({ removedAt, id }: KeptVolume): string => `${removedAt.getTime()}.${id}`;

const cursorFrom = (cursor: string): KeptCursor => {
  const [, ms, id = ""] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (ms === undefined || !isId(id)) {
    throw new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
  }
  return { removedAt: new Date(Number(ms)), id: id as VolumeDataId };
};
