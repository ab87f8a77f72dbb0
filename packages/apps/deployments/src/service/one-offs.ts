import { audit } from "@homeport/kit/audit/audit.ts";
import type { Db, Sql } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { isId, newId, type RunId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { Actor } from "../actor.ts";
import { commandLine } from "../one-off-command.ts";
import { isAvailable, type Release } from "../release.ts";
import { MAX_COMMANDS_AT_ONCE, maskArgv, type OneOff } from "../run.ts";
import type { Service } from "../service.ts";
import { findLiveRelease, findReleaseByNumber, findSealedParts } from "../store/releases.ts";
import { countUnfinished, findRun, insertRun, listRuns, requestRunCancel } from "../store/runs.ts";
import { lockWorkload } from "../store/workloads.ts";
import { openReleaseEnv } from "./env.ts";
import { requireMounts } from "./mounted-volumes.ts";
import type { Page } from "./reads.ts";
import { emitRun, runEntry } from "./run-events.ts";
import { sealArgv } from "./run-seals.ts";

export type WantedRun = {
  /** One of the two. */
  command?: string | undefined;
  argv?: string[] | undefined;
  timeoutSeconds: number;
  /** The live one unless named. */
  release?: number | undefined;
};

/** Commands that are run once in a release. Each returns once the wish is stored; the stepper does the work. */
export const createOneOffs = (sql: Sql, keys: Keyring, wake: () => void) => {
  const get = async ({ workloadId }: Service, id: RunId): Promise<OneOff> => {
    const run = await findRun(sql, workloadId, id);
    if (run === null) throw new DomainError("not_found", "There is no such run.");
    return run;
  };

  return {
    get,

    /** @throws {DomainError} conflict, when there is no such release to run it in; not_found; rate_limited */
    async create(service: Service, wanted: WantedRun, createdBy: Actor): Promise<OneOff> {
      const { command, argv: given, timeoutSeconds } = wanted;
      const argv = given ?? commandLine(command ?? "");
      if (argv.length === 0) throw new DomainError("invalid", "command: there is nothing to run in it.");
      const id = newId<RunId>();
      const { organisationId, workloadId } = service;
      await sql.begin(async (tx) => {
        await lockWorkload(tx, workloadId);
        if ((await countUnfinished(tx, workloadId, "command")) >= MAX_COMMANDS_AT_ONCE) {
          throw new DomainError("rate_limited", `At most ${MAX_COMMANDS_AT_ONCE} commands of a service run at once.`);
        }
        const release = await runnableRelease(tx, service, wanted.release);
        const sealed = await findSealedParts(tx, release.id);
        invariant(sealed !== null, "a release that was just read is there");
        const shown = maskArgv(argv, openReleaseEnv(keys, release, sealed.env));
        await insertRun(tx, {
          id,
          organisationId,
          workloadId,
          releaseId: release.id,
          releaseNumber: release.number,
          kind: "command",
          scheduledFor: null,
          command: shown,
          argvSealed: sealArgv(keys, { organisationId, id }, argv),
          timeoutSeconds,
          createdBy,
        });
        await emitRun(tx, "queued", { id, kind: "command", reason: null }, service, createdBy);
        const after = { command: shown, release: release.number, environment: service.environmentSlug };
        await audit(tx, { ...runEntry("run:create", service, { id }), after });
      });
      wake();
      return get(service, id);
    },

    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async list(
      service: Service,
      { cursor, limit, kind }: Page & { kind?: OneOff["kind"] | undefined },
    ): Promise<Paged<OneOff>> {
      if (cursor !== undefined && !isId(cursor))
        throw new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
      const which = { kind: kind ?? null, before: (cursor ?? null) as RunId | null };
      return cutPage(await listRuns(sql, service.workloadId, which, limit + 1), limit, (run) => run.id);
    },

    /** Asks a run to stop. Asking again, or when it is over, changes nothing. @throws {DomainError} not_found */
    async cancel(service: Service, id: RunId): Promise<OneOff> {
      await get(service, id);
      await sql.begin(async (tx) => {
        const asked = await requestRunCancel(tx, service.workloadId, { id });
        if (asked.length > 0) await audit(tx, runEntry("run:cancel", service, { id }));
      });
      wake();
      return get(service, id);
    },
  };
};

export type OneOffs = ReturnType<typeof createOneOffs>;

const runnableRelease = async (tx: Db, { workloadId }: Service, number: number | undefined): Promise<Release> => {
  if (number === undefined) return getLiveRelease(tx, workloadId);
  const release = await findReleaseByNumber(tx, workloadId, number);
  if (release === null) throw new DomainError("not_found", `There is no release ${number}.`);
  if (!isAvailable(release))
    throw new DomainError("conflict", `Release ${number} never went live, or is not kept any more.`);
  await requireMounts(tx, release);
  return release;
};

/** @throws {DomainError} conflict, when nothing is live */
export const getLiveRelease = async (tx: Db, workloadId: WorkloadId): Promise<Release> => {
  const release = await findLiveRelease(tx, workloadId);
  if (release === null) throw new DomainError("conflict", "Nothing is live yet; deploy first.");
  return release;
};
