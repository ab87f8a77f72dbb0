import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Email, Removed, SessionWire, SignedIn } from "./nouns.ts";
import { SecondFactorCode } from "./sign-in.ts";

export const sessionContract = {
  create: route({
    method: "POST",
    path: "/sessions",
    action: "session:create",
    resource: "public",
    summary: "Sign in with e-mail and password, and a code where the account has a second factor",
    input: z.strictObject({ email: Email, password: z.string().min(1).max(200), code: SecondFactorCode.optional() }),
    output: SignedIn,
    status: 201,
  }),
  list: route({
    method: "GET",
    path: "/sessions",
    action: "session:read",
    resource: "organisation",
    summary: "List your sessions",
    input: z.object({}),
    output: z.object({ items: z.array(SessionWire) }),
  }),
  revoke: route({
    method: "DELETE",
    path: "/sessions/{session}",
    action: "session:revoke",
    resource: "session",
    summary: "Sign out one of your sessions",
    input: z.object({ session: z.uuid() }),
    output: Removed,
  }),
  revokeAll: route({
    method: "DELETE",
    path: "/sessions",
    action: "session:revoke",
    resource: "organisation",
    summary: "Sign out everywhere, this session included",
    input: z.object({}),
    output: Removed,
  }),
  revokeOthers: route({
    method: "POST",
    path: "/sessions/revoke-others",
    action: "session:revoke",
    resource: "organisation",
    summary: "Sign out everywhere else; with a token, everywhere",
    input: z.object({}),
    output: Removed,
  }),
};
