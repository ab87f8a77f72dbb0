import { tryRead } from "./docker/command.ts";

/** Settings that say how a registry is reached, and how programs are told them by the environment. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  registry: ["npm_config_registry"],
  proxy: ["HTTP_PROXY", "http_proxy"],
  "https-proxy": ["HTTPS_PROXY", "https_proxy"],
  noproxy: ["NO_PROXY", "no_proxy"],
};
const PUBLIC_REGISTRY = "https://registry.npmjs.org/";

/**
 * How this machine reaches the npm registry, as environment variables for a container on it. Empty where nothing is
 * configured. Read at run time and passed on; never written to a file of the repository.
 */
export const hostNpmSettings = async (): Promise<Record<string, string>> => {
  const config = JSON.parse((await tryRead(["npm", "config", "list", "--json"])) ?? "{}") as Record<string, unknown>;
  const pairs = Object.entries(SETTINGS).flatMap(([setting, names]) => {
    const value = textOf(config[setting]) ?? names.map((name) => process.env[name]).find((text) => text);
    return value === undefined || value === PUBLIC_REGISTRY ? [] : names.map((name): [string, string] => [name, value]);
  });
  return Object.fromEntries(pairs);
};

const textOf = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return textOf(value.join(","));
  return typeof value === "string" && value !== "" ? value : undefined;
};
