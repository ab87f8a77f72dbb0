import { open, type SealedAt, seal } from "@homeport/kit/crypto.ts";
import type { ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import type { SealedVariable } from "../store/variables.ts";

const variableAt = (workloadId: WorkloadId, name: string): SealedAt => ({
  table: "deployments.variables",
  row: `${workloadId}/${name}`,
  field: "value",
});

const releaseAt = (id: ReleaseId): SealedAt => ({ table: "deployments.releases", row: id, field: "env" });

export const sealVariable = (key: Buffer, workloadId: WorkloadId, name: string, value: string): Buffer =>
  seal(key, variableAt(workloadId, name), value);

/** Opens the variables of a workload, only to seal them again into a release. */
export const openVariables = (key: Buffer, workloadId: WorkloadId, sealed: SealedVariable[]): Record<string, string> =>
  Object.fromEntries(
    sealed.map((variable) => [
      variable.name,
      open(key, variableAt(workloadId, variable.name), variable.sealed).reveal(),
    ]),
  );

export const sealReleaseEnv = (key: Buffer, id: ReleaseId, env: Record<string, string>): Buffer =>
  seal(key, releaseAt(id), JSON.stringify(env));

const Env = z.record(z.string(), z.string());

export const openReleaseEnv = (key: Buffer, id: ReleaseId, sealed: Uint8Array): Record<string, Secret> => {
  const env = Env.parse(JSON.parse(open(key, releaseAt(id), sealed).reveal()));
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, new Secret(value)]));
};
