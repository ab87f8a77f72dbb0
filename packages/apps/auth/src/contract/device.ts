import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { ClientName } from "./nouns.ts";

/** RFC 8628, with our names for its fields. */
export const deviceContract = {
  start: route({
    method: "POST",
    path: "/device/code",
    action: "device:start",
    resource: "public",
    summary: "Start signing a command line in: a code for its person to approve in a browser",
    input: z.strictObject({ clientName: ClientName }),
    output: z.object({
      /** For the command line alone. */
      deviceCode: z.string(),
      /** For its person: XXXX-XXXX. */
      userCode: z.string(),
      verificationUri: z.string(),
      verificationUriComplete: z.string(),
      /** Seconds. */
      expiresIn: z.number().int(),
      /** Seconds to wait between two looks. */
      interval: z.number().int(),
    }),
    status: 201,
  }),
  token: route({
    method: "POST",
    path: "/device/token",
    action: "device:start",
    resource: "public",
    summary: "Look whether the code was approved; the token is given once",
    input: z.strictObject({ deviceCode: z.string().min(1).max(100) }),
    output: z.discriminatedUnion("state", [
      z.object({ state: z.literal("pending"), interval: z.number().int() }),
      /** Looked again too early: wait longer from now on. */
      z.object({ state: z.literal("slow_down"), interval: z.number().int() }),
      z.object({ state: z.literal("denied") }),
      z.object({ state: z.literal("expired") }),
      z.object({
        state: z.literal("approved"),
        token: z.string(),
        tokenId: z.uuid(),
        organisation: z.string(),
        expiresAt: Instant.nullable(),
      }),
    ]),
  }),
};
