import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Email, SignInMethodWire } from "./nouns.ts";

/** What somebody types for the second factor: six digits of an authenticator, or a recovery code. */
export const SecondFactorCode = z.string().trim().min(6, "type the code").max(40);

export const signInContract = {
  methods: route({
    method: "GET",
    path: "/sign-in/methods",
    action: "session:create",
    resource: "public",
    summary: "List the ways to sign in",
    input: z.object({}),
    output: z.object({ items: z.array(SignInMethodWire) }),
  }),
  sendLink: route({
    method: "POST",
    path: "/sign-in/link",
    action: "session:create",
    resource: "public",
    summary: "Ask for a mail with a link that signs you in; the answer is the same whether or not one is sent",
    input: z.strictObject({ email: Email, next: z.string().max(6000).optional() }),
    output: z.object({ sent: z.literal(true) }),
    status: 202,
  }),
  confirm: route({
    method: "POST",
    path: "/sessions/current/confirm",
    action: "session:confirm",
    resource: "organisation",
    summary: "Prove once more that it is you, by your password or a code, before something dangerous",
    input: z.union([
      z.strictObject({ password: z.string().min(1).max(200) }),
      z.strictObject({ code: SecondFactorCode }),
    ]),
    output: z.object({ verifiedAt: Instant }),
  }),
};
