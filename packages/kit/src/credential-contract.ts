import { z } from "zod";
import { route } from "./contract.ts";
import { MemberPrincipal } from "./principal.ts";

/** The one question that every app asks the auth app: whose credential is this? The auth app's contract includes it. */
export const credentialContract = {
  resolve: route({
    method: "POST",
    path: "/credentials/resolve",
    action: "credential:resolve",
    resource: "platform",
    summary: "Say whose session or API token this is",
    input: z.object({ kind: z.enum(["session", "token"]), value: z.string().min(1).max(4096) }),
    output: z.object({ principal: MemberPrincipal.nullable() }),
  }),
};
