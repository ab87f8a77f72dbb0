import type { OrganisationId, RunId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { z } from "zod";

type RunKey = { organisationId: OrganisationId; id: RunId };

const argvAt = ({ organisationId, id }: RunKey): SealedAt => ({
  table: "deployments.runs",
  row: id,
  field: "argv",
  organisationId,
});

export const SEALED_RUNS: readonly SealedColumn[] = [
  {
    table: "deployments.runs",
    field: "argv_sealed",
    key: ["id"],
    also: ["organisation_id"],
    at: (row) => argvAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as RunId }),
  },
];

export const sealArgv = (keys: Keyring, run: RunKey, argv: readonly string[]): Buffer =>
  keys.seal(argvAt(run), JSON.stringify(argv));

const Argv = z.array(z.string()).min(1);

export const openArgv = (keys: Keyring, run: RunKey, sealed: Uint8Array): string[] =>
  Argv.parse(JSON.parse(keys.open(argvAt(run), sealed).reveal()));
