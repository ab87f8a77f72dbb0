import { defineEnv } from "@homeport/kit/env.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

const readEnv = defineEnv("cli", {
  HOMEPORT_URL: {
    schema: z.url().optional(),
    description: "The platform the command line talks to, with HOMEPORT_TOKEN.",
  },
  HOMEPORT_TOKEN: {
    schema: z.string().max(500).optional(),
    description: "An API token for the command line.",
    secret: true,
  },
  XDG_CONFIG_HOME: {
    schema: z.string().optional(),
    description: "Where `homeport login` saves; ~/.config unless set.",
  },
});

/** @throws {UsageError} */
export const readCliConfig = () => {
  const e = readOrRefuse();
  return {
    url: e.HOMEPORT_URL?.replace(/\/$/, "") ?? null,
    token: e.HOMEPORT_TOKEN === undefined ? null : new Secret(e.HOMEPORT_TOKEN),
    configDir: e.XDG_CONFIG_HOME ?? null,
  };
};

const readOrRefuse = () => {
  try {
    return readEnv();
  } catch (err) {
    throw new UsageError(err instanceof Error ? err.message : "The environment is not usable.");
  }
};
