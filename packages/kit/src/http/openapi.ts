import { OpenAPIGenerator } from "@orpc/openapi";
import { ZodToJsonSchemaConverter } from "@orpc/zod/zod4";
import { type ZodType, z } from "zod";
import type { Contract } from "../contract.ts";
import { Renewal, Renewed, Resync, SocketError, type SocketRoute } from "./socket.ts";

const documents = new WeakMap<Contract, Promise<unknown>>();

/** The OpenAPI 3.1 description of an app, made at the first request for it and kept. */
export const openApiOf = (
  app: { id: string; name: string; version: string },
  contract: Contract,
  sockets: readonly SocketRoute[],
): Promise<unknown> => {
  const known = documents.get(contract) ?? generate(app, contract, sockets);
  documents.set(contract, known);
  return known;
};

const generate = async (
  app: { id: string; name: string; version: string },
  contract: Contract,
  sockets: readonly SocketRoute[],
): Promise<unknown> => {
  const document = await new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] }).generate(
    contract,
    {
      info: { title: `Homeport: ${app.name}`, version: app.version },
      servers: [{ url: `/api/v1/${app.id}` }],
      tags: [{ name: app.id }],
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, hp_…" } } },
    },
  );
  return sockets.length === 0 ? document : { ...document, "x-websockets": sockets.map(describeSocket) };
};

/** OpenAPI 3.1 has no word for WebSockets; an extension (section 4.9) says what AsyncAPI would. */
const describeSocket = (route: SocketRoute) => ({
  path: route.path.replace(/:([A-Za-z]+)/g, "{$1}"),
  summary: route.summary,
  action: route.action,
  resource: route.resource,
  binary: route.binary === true,
  parameters: schemaOf(route.input),
  client: schemaOf(z.union([route.incoming, Renewal])),
  server: schemaOf(z.union([route.outgoing, SocketError, Resync, Renewed])),
  tickets: `${route.path.replace(/:([A-Za-z]+)/g, "{$1}")}/tickets`,
});

const schemaOf = (schema: ZodType): unknown => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
