import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Password, Removed } from "./nouns.ts";
import { SecondFactorCode } from "./sign-in.ts";

/** Shown once. */
const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });

export const passwordContract = {
  change: route({
    method: "POST",
    path: "/account/password",
    action: "profile:update",
    resource: "organisation",
    summary: "Set your password; your other sessions end",
    input: z.strictObject({ current: z.string().min(1).max(200).optional(), password: Password }),
    output: z.object({ endedSessions: z.number().int() }),
  }),
};

export const authenticatorContract = {
  read: route({
    method: "GET",
    path: "/account/authenticator",
    action: "authenticator:read",
    resource: "organisation",
    summary: "Say whether you have a second factor",
    input: z.object({}),
    output: z.object({
      /** Null without one, or while it waits for its first code. */
      confirmedAt: Instant.nullable(),
      recoveryCodesLeft: z.number().int(),
    }),
  }),
  enrol: route({
    method: "POST",
    path: "/account/authenticator",
    action: "authenticator:write",
    resource: "organisation",
    summary: "Start a second factor: the secret for an authenticator app, which holds once you confirm it with a code",
    input: z.object({}),
    output: z.object({ secret: z.string(), uri: z.string() }),
    status: 201,
  }),
  confirm: route({
    method: "POST",
    path: "/account/authenticator/confirm",
    action: "authenticator:write",
    resource: "organisation",
    summary: "Turn the second factor on with a first code; gives the recovery codes, once",
    input: z.strictObject({ code: SecondFactorCode }),
    output: RecoveryCodes,
  }),
  remove: route({
    method: "DELETE",
    path: "/account/authenticator",
    action: "authenticator:write",
    resource: "organisation",
    summary: "Turn your second factor off",
    input: z.object({}),
    output: Removed,
  }),
  renewCodes: route({
    method: "POST",
    path: "/account/recovery-codes",
    action: "authenticator:write",
    resource: "organisation",
    summary: "Make new recovery codes; the old ones stop working",
    input: z.object({}),
    output: RecoveryCodes,
    status: 201,
  }),
};
