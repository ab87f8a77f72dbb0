import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Actor } from "../actor.ts";
import type { Service } from "../service.ts";
import { listVariables, measureVariables, putVariables, removeVariables } from "../store/variables.ts";
import { lockWorkload } from "../store/workloads.ts";
import { MAX_VARIABLES, MAX_VARIABLES_BYTES } from "../variable.ts";
import { serviceEntry } from "./audit-entry.ts";
import { sealVariable } from "./env.ts";

/** Variables of a service. Values go in and come out only as part of a release; nothing here reads one. */
export const createVariables = (sql: Sql, keys: Keyring) => ({
  async list(service: Service): Promise<{ name: string; updatedAt: Date }[]> {
    return (await listVariables(sql, service.workloadId)).map(({ name, updatedAt }) => ({ name, updatedAt }));
  },

  /** Sets all of them or none. @throws {DomainError} invalid, beyond MAX_VARIABLES or MAX_VARIABLES_BYTES */
  async set(service: Service, values: Record<string, string>, actor: Actor): Promise<void> {
    const names = Object.keys(values);
    if (names.length === 0) return;
    const { workloadId, organisationId } = service;
    await sql.begin(async (tx) => {
      await lockWorkload(tx, workloadId); // so that two who set different ones do not pass the limit together
      const sealed = names.map((name) => ({ name, sealed: sealVariable(keys, service, name, values[name] ?? "") }));
      await putVariables(tx, organisationId, workloadId, sealed);
      refuseTooMany(await measureVariables(tx, workloadId));
      await emit(tx, changed(service, { set: names }, actor));
      await audit(tx, { ...serviceEntry("variable:write", service), after: { set: names } });
    });
  },

  /** Returns the names that were there. */
  async unset(service: Service, names: string[], actor: Actor): Promise<string[]> {
    return sql.begin(async (tx) => {
      const removed = await removeVariables(tx, service.workloadId, names);
      if (removed.length === 0) return removed;
      await emit(tx, changed(service, { unset: removed }, actor));
      await audit(tx, { ...serviceEntry("variable:write", service), after: { unset: removed } });
      return removed;
    });
  },
});

const refuseTooMany = ({ count, bytes }: { count: number; bytes: number }): void => {
  if (count > MAX_VARIABLES) throw new DomainError("invalid", `A service has at most ${MAX_VARIABLES} variables.`);
  if (bytes > MAX_VARIABLES_BYTES) {
    throw new DomainError("invalid", `The variables of a service may hold ${MAX_VARIABLES_BYTES / 1024} KiB together.`);
  }
};

export type Variables = ReturnType<typeof createVariables>;

const changed = (service: Service, data: { set?: string[]; unset?: string[] }, actor: Actor) => ({
  type: "deployments.variables.changed",
  source: "deployments",
  organisationId: service.organisationId,
  projectId: service.projectId,
  subject: service.id,
  data,
  actor,
});
