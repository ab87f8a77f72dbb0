import { route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Email } from "./nouns.ts";

export const mailContract = {
  test: route({
    method: "POST",
    path: "/mail/test",
    action: "mail:test",
    resource: "platform",
    summary: "Send a test mail by the settings of now, and say what went wrong",
    input: z.strictObject({ to: Email }),
    output: z.object({ sent: z.boolean(), error: z.string().nullable() }),
  }),
};
