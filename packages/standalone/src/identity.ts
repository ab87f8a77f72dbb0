import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@homeport/kit/secret.ts";

/** What makes this installation itself: kept in the data folder from the first start on. */
export type Installation = { appSecret: Secret; nodeId: string };

/** Reads the installation's secret and node id, or makes them at the first start. */
export const openInstallation = (dataDir: string): Installation => {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  return {
    appSecret: new Secret(keep(join(dataDir, "app-secret"), () => randomBytes(48).toString("base64url"))),
    nodeId: keep(join(dataDir, "node-id"), () => Bun.randomUUIDv7()),
  };
};

/** A rename makes the file whole or absent: half a secret would lock every stored one up. */
const keep = (file: string, make: () => string): string => {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${make()}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, "utf8").trim();
};
