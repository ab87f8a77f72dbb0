import { route, Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Email, Password, PersonName, SignedIn } from "./nouns.ts";

export const setupContract = {
  status: route({
    method: "GET",
    path: "/setup",
    action: "setup:claim",
    resource: "public",
    summary: "Say whether the platform still waits for its first admin",
    input: z.object({}),
    output: z.object({ needed: z.boolean() }),
  }),
  claim: route({
    method: "POST",
    path: "/setup",
    action: "setup:claim",
    resource: "public",
    summary: "Become the first admin with the one-time setup token",
    input: z.strictObject({
      token: z.string().min(1).max(200),
      email: Email,
      name: PersonName,
      password: Password,
      organisation: Slug.optional(),
    }),
    output: SignedIn,
    status: 201,
  }),
};
