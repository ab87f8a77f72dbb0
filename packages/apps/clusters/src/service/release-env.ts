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

type RunKey = { organisationId: OrganisationId; id: string };

const placeOfRun = ({ organisationId, id }: RunKey, field: "env" | "files"): SealedAt => ({
  table: "clusters.runs",
  row: id,
  field,
  organisationId,
});

const sealedRunColumn = (field: "env" | "files"): SealedColumn => ({
  table: "clusters.runs",
  field: `sealed_${field}`,
  key: ["id"],
  also: ["organisation_id"],
  at: (row) => placeOfRun({ organisationId: row.organisation_id as OrganisationId, id: String(row.id) }, field),
});

export const SEALED: readonly SealedColumn[] = [
  sealedColumn("env"),
  sealedColumn("files"),
  sealedRunColumn("env"),
  sealedRunColumn("files"),
];

/** What a release has that is only kept sealed. */
export type SealedParts = { sealedEnv: Uint8Array; sealedFiles: Uint8Array | null };
type Parts = { env: Record<string, string>; files: WorkloadFile[] };
type PlaceOf = (field: "env" | "files") => SealedAt;

const seal = (keys: Keyring, place: PlaceOf, { env, files }: Parts): SealedParts => ({
  sealedEnv: keys.seal(place("env"), JSON.stringify(env)),
  sealedFiles: files.length === 0 ? null : keys.seal(place("files"), JSON.stringify(files)),
});

const open = (keys: Keyring, place: PlaceOf, { sealedEnv, sealedFiles }: SealedParts): Parts => ({
  env: Env.parse(JSON.parse(keys.open(place("env"), sealedEnv).reveal())),
  files: sealedFiles === null ? [] : Files.parse(JSON.parse(keys.open(place("files"), sealedFiles).reveal())),
});

/** Encrypts a release's variables and files for its row. */
export const sealParts = (keys: Keyring, release: ReleaseKey, parts: Parts): SealedParts =>
  seal(keys, (field) => placeOf(release, field), parts);

/** @throws {DomainError} internal, when the row's bytes are not what was put there. */
export const openParts = (keys: Keyring, release: ReleaseKey, sealed: SealedParts): Parts =>
  open(keys, (field) => placeOf(release, field), sealed);

/** Encrypts the variables and files of a run for its row. */
export const sealRun = (keys: Keyring, run: RunKey, parts: Parts): SealedParts =>
  seal(keys, (field) => placeOfRun(run, field), parts);

/** @throws {DomainError} internal, when the row's bytes are not what was put there. */
export const openRun = (keys: Keyring, run: RunKey, sealed: SealedParts): Parts =>
  open(keys, (field) => placeOfRun(run, field), sealed);
