import type { OrganisationId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { z } from "zod";
import type { WorkloadFile } from "../contract/file.ts";

const Env = z.record(z.string(), z.string());
const Files = z.array(z.object({ path: z.string(), content: z.string(), mode: z.number().int() }));

type ReleaseKey = { organisationId: OrganisationId; workloadId: WorkloadId; generation: number };

const placeOf = ({ organisationId, workloadId, generation }: ReleaseKey, field: "env" | "files"): SealedAt => ({
  table: "clusters.releases",
  row: `${workloadId}/${generation}`,
  field,
  organisationId,
});

const sealedColumn = (field: "env" | "files"): SealedColumn => ({
  table: "clusters.releases",
  field: `sealed_${field}`,
  key: ["workload_id", "generation"],
  also: ["organisation_id"],
  at: (row) =>
    placeOf(
      {
        organisationId: row.organisation_id as OrganisationId,
        workloadId: row.workload_id as WorkloadId,
        generation: Number(row.generation),
      },
      field,
    ),
});

export const SEALED: readonly SealedColumn[] = [sealedColumn("env"), sealedColumn("files")];

/** What a release has that is only kept sealed. */
export type SealedParts = { sealedEnv: Uint8Array; sealedFiles: Uint8Array | null };
type Parts = { env: Record<string, string>; files: WorkloadFile[] };

/** Encrypts a release's variables and files for its row. */
export const sealParts = (keys: Keyring, release: ReleaseKey, { env, files }: Parts): SealedParts => ({
  sealedEnv: keys.seal(placeOf(release, "env"), JSON.stringify(env)),
  sealedFiles: files.length === 0 ? null : keys.seal(placeOf(release, "files"), JSON.stringify(files)),
});

/** @throws {DomainError} internal, when the row's bytes are not what was put there. */
export const openParts = (keys: Keyring, release: ReleaseKey, { sealedEnv, sealedFiles }: SealedParts): Parts => ({
  env: Env.parse(JSON.parse(keys.open(placeOf(release, "env"), sealedEnv).reveal())),
  files:
    sealedFiles === null ? [] : Files.parse(JSON.parse(keys.open(placeOf(release, "files"), sealedFiles).reveal())),
});
