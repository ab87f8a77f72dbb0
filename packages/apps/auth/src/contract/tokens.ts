import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { ApiTokenWire, NewToken, Removed } from "./nouns.ts";

export const tokenContract = {
  create: route({
    method: "POST",
    path: "/tokens",
    action: "token:create",
    resource: "organisation",
    summary: "Make an API token; it is shown once",
    input: NewToken,
    output: ApiTokenWire.extend({ token: z.string() }),
    status: 201,
  }),
  list: route({
    method: "GET",
    path: "/tokens",
    action: "token:read",
    resource: "organisation",
    summary: "List your API tokens",
    input: z.object({}),
    output: z.object({ items: z.array(ApiTokenWire) }),
  }),
  revoke: route({
    method: "DELETE",
    path: "/tokens/{token}",
    action: "token:revoke",
    resource: "token",
    summary: "Revoke one of your API tokens, and those that were made with it",
    input: z.strictObject({
      token: z.uuid(),
      keepMade: z
        .boolean()
        .default(false)
        .describe("Leave the tokens that were made with it; they end with it otherwise"),
    }),
    output: Removed,
  }),
};
