import { OpenAPIGenerator } from "@orpc/openapi";
import { ZodToJsonSchemaConverter } from "@orpc/zod/zod4";
import type { Contract } from "../contract.ts";

const documents = new WeakMap<Contract, Promise<unknown>>();

/** The OpenAPI 3.1 description of an app, made at the first request for it and kept. */
export const openApiOf = (app: { id: string; name: string; version: string }, contract: Contract): Promise<unknown> => {
  const known = documents.get(contract) ?? generate(app, contract);
  documents.set(contract, known);
  return known;
};

const generate = (app: { id: string; name: string; version: string }, contract: Contract): Promise<unknown> =>
  new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] }).generate(contract, {
    info: { title: `Homeport: ${app.name}`, version: app.version },
    servers: [{ url: `/api/v1/${app.id}` }],
    tags: [{ name: app.id }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, hp_…" } } },
  });
