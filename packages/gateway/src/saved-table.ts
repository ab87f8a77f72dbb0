import { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { AppRecord, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { z } from "zod";

/** What a table is built from, as it lies on disk and as it is compared: the records, how old each app is, and who had which prefix. */
export const SavedTable = z.object({
  schema: z.literal(1),
  apps: z.array(z.object({ key: z.string().max(200), record: AppRecord })).max(5_000),
  workloads: z.object({ revision: z.number().int().min(0), routes: z.array(WorkloadRoute).max(50_000) }).nullable(),
  policies: z
    .object({ revision: z.number().int().min(0), policies: z.array(HostPolicy).max(10_000) })
    .nullable()
    .default(null),
  ages: z.record(z.string().max(60), z.iso.datetime()),
  owners: z.record(z.string().max(1_000), z.string().max(60)).default({}),
});

export type SavedTable = z.infer<typeof SavedTable>;
