import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { collectedSentence, type Release } from "../release.ts";
import type { Service } from "../service.ts";
import { findReleaseByNumber, setKept } from "../store/releases.ts";
import { lookAtReleases } from "../store/retention.ts";
import { serviceEntry } from "./audit-entry.ts";

export const createReleases = (sql: Sql) => ({
  /** Keeps a release whatever the retention says, or no longer. @throws {DomainError} not_found; conflict, for one that is gone */
  async keep(service: Service, number: number, isKept: boolean): Promise<Release> {
    return sql.begin(async (tx) => {
      const release = await findReleaseByNumber(tx, service.workloadId, number);
      if (release === null) throw new DomainError("not_found", `There is no release ${number}.`);
      if (release.collectedAt !== null) throw new DomainError("conflict", collectedSentence(number));
      if (release.isKept === isKept) return release;
      if (!(await setKept(tx, release.id, isKept))) throw new DomainError("conflict", collectedSentence(number));
      if (!isKept) await lookAtReleases(tx, service.workloadId);
      await audit(tx, {
        ...serviceEntry("release:keep", service),
        before: { release: number, kept: !isKept },
        after: { release: number, kept: isKept },
      });
      return { ...release, isKept };
    });
  },
});

export type Releases = ReturnType<typeof createReleases>;
