import { Instant, PageQuery, pageOf, route, Slug } from "@homeport/kit/contract.ts";
import { ROLES } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { ApiTokenWire, NewToken, Reference, Removed } from "./nouns.ts";

/** Nobody owns anything through a service account. */
export const ServiceAccountRole = z.enum(ROLES).exclude(["owner"]);
export const Description = z.string().trim().max(300);

export const ServiceAccountWire = z.object({
  id: z.uuid(),
  slug: z.string(),
  description: z.string(),
  role: ServiceAccountRole,
  tokenCount: z.number().int(),
  grantCount: z.number().int(),
  createdAt: Instant,
});

const ofAccount = { account: Reference };

export const serviceAccountContract = {
  list: route({
    method: "GET",
    path: "/service-accounts",
    action: "service-account:read",
    resource: "organisation",
    summary: "List the service accounts of your organisation",
    input: PageQuery,
    output: pageOf(ServiceAccountWire),
  }),
  create: route({
    method: "POST",
    path: "/service-accounts",
    action: "service-account:write",
    resource: "organisation",
    summary: "Make a service account: a caller of the organisation's own, with tokens and without a password",
    input: z.strictObject({
      slug: Slug,
      description: Description.default(""),
      role: ServiceAccountRole.default("member"),
    }),
    output: ServiceAccountWire,
    status: 201,
  }),
  get: route({
    method: "GET",
    path: "/service-accounts/{account}",
    action: "service-account:read",
    resource: "service-account",
    summary: "Show a service account",
    input: z.object(ofAccount),
    output: ServiceAccountWire,
  }),
  update: route({
    method: "PATCH",
    path: "/service-accounts/{account}",
    action: "service-account:write",
    resource: "service-account",
    summary: "Describe a service account or give it another role",
    input: z.strictObject({
      ...ofAccount,
      description: Description.optional(),
      role: ServiceAccountRole.optional(),
    }),
    output: ServiceAccountWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/service-accounts/{account}",
    action: "service-account:write",
    resource: "service-account",
    summary: "Remove a service account with its tokens",
    input: z.object(ofAccount),
    output: Removed,
  }),
  tokens: {
    list: route({
      method: "GET",
      path: "/service-accounts/{account}/tokens",
      action: "service-account:read",
      resource: "service-account",
      summary: "List the tokens of a service account",
      input: z.object(ofAccount),
      output: z.object({ items: z.array(ApiTokenWire) }),
    }),
    create: route({
      method: "POST",
      path: "/service-accounts/{account}/tokens",
      action: "service-account:write",
      resource: "service-account",
      summary: "Make a token of a service account; it is shown once",
      input: z.strictObject({ ...ofAccount, ...NewToken.shape }),
      output: ApiTokenWire.extend({ token: z.string() }),
      status: 201,
    }),
    revoke: route({
      method: "DELETE",
      path: "/service-accounts/{account}/tokens/{token}",
      action: "service-account:write",
      resource: "service-account",
      summary: "Revoke a token of a service account",
      input: z.object({ ...ofAccount, token: z.uuid() }),
      output: Removed,
    }),
  },
};
