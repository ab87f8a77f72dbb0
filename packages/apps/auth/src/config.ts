import { defineEnv } from "@homeport/kit/env.ts";
import { z } from "zod";

const readEnv = defineEnv("auth", {
  HOMEPORT_PRIVATE_SOURCES: {
    schema: z.enum(["allow", "deny"]).default("allow"),
    description: "Whether webhooks that people set may be at private addresses; metadata services are refused always.",
  },
});

export const readAuthConfig = (source: Record<string, string | undefined> = process.env) => ({
  allowPrivateHosts: readEnv(source).HOMEPORT_PRIVATE_SOURCES === "allow",
});
