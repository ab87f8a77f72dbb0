import { DomainError } from "@homeport/kit/errors.ts";
import { listAppRecords } from "@homeport/kit/registry/nav.ts";
import type { AppRecord } from "@homeport/kit/registry/record.ts";
import type { Redis } from "@homeport/kit/valkey.ts";
import { z } from "zod";

const Document = z.object({
  paths: z.record(z.string(), z.unknown()).default({}),
  components: z.object({ schemas: z.record(z.string(), z.unknown()).default({}) }).default({ schemas: {} }),
});

const TIMEOUT_MS = 5_000;

/** One OpenAPI 3.1 document of every app that is up. An app that does not answer in time is left out, and named. */
export const mergedOpenApi = async (valkey: Redis, gatewayUrl: string, version: string): Promise<unknown> => {
  const records = await listAppRecords(valkey);
  const byId = new Map(records.filter((record) => record.openapi !== null).map((record) => [record.id, record]));
  if (byId.size === 0) throw new DomainError("unavailable", "No app has described itself yet.");
  const fetched = await Promise.allSettled([...byId.values()].map((record) => fetchDocument(gatewayUrl, record)));
  const apps = [...byId.keys()];
  const paths: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const [i, outcome] of fetched.entries()) {
    const id = apps[i] ?? "";
    if (outcome.status === "rejected") missing.push(id);
    else for (const [path, item] of Object.entries(outcome.value.paths)) paths[`/api/v1/${id}${path}`] = item;
  }
  return {
    openapi: "3.1.1",
    info: { title: "Homeport", version, ...(missing.length > 0 ? { "x-missing-apps": missing } : {}) },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, hp_…" } } },
  };
};

const fetchDocument = async (gatewayUrl: string, record: AppRecord) => {
  const response = await fetch(`${gatewayUrl}${record.openapi}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return Document.parse(await response.json());
};
