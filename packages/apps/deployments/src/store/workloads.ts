import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { Environment } from "../environment.ts";
import { mainLabels } from "../host.ts";
import type { Service } from "../service.ts";
import type { WorkloadSettings } from "../settings.ts";
import { claimLabel } from "./host-labels.ts";

/** Makes the workload of a service in an environment, which takes the first host label that is free. */
export const insertWorkload = async (
  tx: Db,
  service: Pick<Service, "id" | "organisationId" | "slug" | "projectSlug">,
  environment: Pick<Environment, "id" | "slug">,
  id: WorkloadId = newId<WorkloadId>(),
): Promise<WorkloadId> => {
  const { organisationId } = service;
  await tx`
    insert into deployments.workloads (id, organisation_id, service_id, environment_id, host_label)
    values (${id}, ${organisationId}, ${service.id}, ${environment.id}, ${id})`; // takes its name in the next statement
  const label = await claimLabel(
    tx,
    { organisationId, workloadId: id, kind: "main", reference: "" },
    mainLabels(service, environment, id),
  );
  await tx`update deployments.workloads set host_label = ${label} where id = ${id}`;
  return id;
};

/**
 * Makes everybody else who changes what a workload is made of wait for the end of this transaction.
 *
 * @throws {DomainError} not_found, when its service was removed meanwhile
 */
export const lockWorkload = async (tx: Db, id: WorkloadId): Promise<void> => {
  const rows = await tx`select id from deployments.workloads where id = ${id} for update`;
  if (rows.length === 0) throw new DomainError("not_found", "There is no such service.");
};

export const nextGeneration = async (tx: Db, id: WorkloadId): Promise<number> => {
  const [row] = await tx<{ generation: number }[]>`
    update deployments.workloads set generation = generation + 1 where id = ${id} returning generation`;
  return row?.generation ?? 0;
};

export const setOverrides = async (tx: Db, id: WorkloadId, overrides: WorkloadSettings): Promise<void> => {
  await tx`
    update deployments.workloads set overrides = ${jsonb(tx, overrides)}, version = version + 1 where id = ${id}`;
};
