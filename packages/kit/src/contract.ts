import { type AnyContractProcedure, type ContractRouter, isContractProcedure, oc } from "@orpc/contract";
import { type ZodType, z } from "zod";

/** Our two facts about a route, next to its HTTP shape: what is done, and to which kind of thing. */
export type RouteMeta = {
  /** `noun:verb`; declared with its roles in the app's manifest. */
  action?: string;
  /** `public`, `platform`, `organisation`, or a kind that the app has a loader for. */
  resource?: string;
  /** Its answer tells secrets, so it is never kept: with an `Idempotency-Key` too, each request is answered anew. */
  secret?: true;
};

export type Contract = ContractRouter<RouteMeta>;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type RouteOptions<In extends ZodType, Out extends ZodType> = {
  method: Method;
  /** Below `/api/v1/<app>`; `{name}` segments are filled from the input field of that name. */
  path: `/${string}`;
  action: string;
  resource: string;
  /** One line for API docs, CLI help and tools. */
  summary: string;
  input: In;
  output: Out;
  /** 200 unless given; 201 for creates, 202 for accepted work. */
  status?: 200 | 201 | 202;
  /** See `RouteMeta`. */
  secret?: true;
};

/** One row of an app's HTTP surface. The route, the authorization check, OpenAPI and every client come from it. */
export const route = <In extends ZodType, Out extends ZodType>(options: RouteOptions<In, Out>) =>
  oc
    .$meta<RouteMeta>({})
    .route({
      method: options.method,
      path: options.path,
      summary: options.summary,
      successStatus: options.status ?? 200,
    })
    .meta({
      action: options.action,
      resource: options.resource,
      ...(options.secret === undefined ? {} : { secret: options.secret }),
    })
    .input(options.input)
    .output(options.output);

export type ContractRow = {
  name: string;
  method: string;
  path: string;
  action: string;
  resource: string;
  /** Of path, query and body together; null for routes outside of contracts. */
  input: ZodType | null;
  /** The address of a WebSocket. */
  isSocket?: true;
};

/** Lists every route of a contract, depth first. Rows without action or resource come back with empty strings. */
export const contractRows = (contract: Contract, prefix = ""): ContractRow[] => {
  if (isContractProcedure(contract)) return [toRow(prefix, contract)];
  return Object.entries(contract).flatMap(([key, child]) =>
    contractRows(child as Contract, prefix === "" ? key : `${prefix}.${key}`),
  );
};

const toRow = (name: string, procedure: AnyContractProcedure): ContractRow => {
  const {
    route: http,
    meta,
    inputSchema,
  } = procedure["~orpc"] as {
    route: { method?: string; path?: string };
    meta: RouteMeta;
    inputSchema?: ZodType;
  };
  return {
    name,
    method: http.method ?? "POST",
    path: http.path ?? "/",
    action: meta.action ?? "",
    resource: meta.resource ?? "",
    input: inputSchema ?? null,
  };
};

/** Fields that every list takes. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional().describe("Opaque position from the previous page's nextCursor"),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** A page of a list; `nextCursor` is null on the last one. */
export const pageOf = <T extends ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Lower-case letters, digits and dashes, fit for a host name label: starts with a letter, 1 to 40 characters. */
export const Slug = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, "use lower-case letters, digits and dashes, starting with a letter");

/** An instant on the wire: ISO 8601 in UTC. */
export const Instant = z.iso.datetime();
