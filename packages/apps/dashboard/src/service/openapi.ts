import { DomainError } from "@homeport/kit/errors.ts";
import { listAppRecords } from "@homeport/kit/registry/nav.ts";
import type { Redis } from "@homeport/kit/valkey.ts";
import type { FetchDocument, PathItem } from "../ports.ts";

/** Everybody may ask, and each question would be one to every app. */
const FRESH_MS = 10_000;

/** Describes all APIs, anew at most every ten seconds. */
export const createApiDescription = (valkey: Redis, fetchDocument: FetchDocument, version: string, now = Date.now) => {
  let last: { at: number; document: Promise<unknown> } | null = null;
  return async (): Promise<unknown> => {
    if (last === null || now() - last.at >= FRESH_MS) {
      last = { at: now(), document: mergedOpenApi(valkey, fetchDocument, version) };
    }
    try {
      return await last.document;
    } catch (err) {
      last = null;
      throw err;
    }
  };
};

/** One OpenAPI 3.1 document of every app that is up. An app that does not answer in time is left out, and named. */
const mergedOpenApi = async (valkey: Redis, fetchDocument: FetchDocument, version: string): Promise<unknown> => {
  const records = await listAppRecords(valkey);
  const described = new Map(records.flatMap(({ id, openapi }) => (openapi === null ? [] : [[id, openapi] as const])));
  if (described.size === 0) throw new DomainError("unavailable", "No app has described itself yet.");
  const paths: Record<string, PathItem> = {};
  const missing: string[] = [];
  const merge = async (id: string, path: string): Promise<void> => {
    try {
      const document = await fetchDocument(path);
      for (const [route, item] of Object.entries(document.paths)) paths[`/api/v1/${id}${route}`] = named(id, item);
    } catch {
      missing.push(id); // said in the document itself
    }
  };
  await Promise.all([...described].map(([id, path]) => merge(id, path)));
  return {
    openapi: "3.1.1",
    info: { title: "Homeport", version, ...(missing.length > 0 ? { "x-missing-apps": missing.sort() } : {}) },
    security: [{ token: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => a.localeCompare(b))),
    components: { securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, hp_…" } } },
  };
};

/** Two apps may call an operation `jobs.get`; in one document the names have to be unique (OpenAPI 3.1 section 4.8.10). */
const named = (app: string, methods: PathItem): PathItem =>
  Object.fromEntries(
    Object.entries(methods).map(([method, operation]) => [
      method,
      typeof operation.operationId === "string"
        ? { ...operation, operationId: `${app}.${operation.operationId}` }
        : operation,
    ]),
  );
