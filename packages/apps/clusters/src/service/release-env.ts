import { open, type SealedAt, seal } from "@homeport/kit/crypto.ts";
import { z } from "zod";

const Env = z.record(z.string(), z.string());

const placeOf = (workloadId: string, generation: number): SealedAt => ({
  table: "clusters.releases",
  row: `${workloadId}/${generation}`,
  field: "env",
});

/** Encrypts a release's variables for its row. */
export const sealEnv = (key: Buffer, workloadId: string, generation: number, env: Record<string, string>): Uint8Array =>
  seal(key, placeOf(workloadId, generation), JSON.stringify(env));

/** @throws {DomainError} internal, when the row's bytes are not what was put there. */
export const openEnv = (
  key: Buffer,
  workloadId: string,
  generation: number,
  sealed: Uint8Array,
): Record<string, string> => Env.parse(JSON.parse(open(key, placeOf(workloadId, generation), sealed).reveal()));
