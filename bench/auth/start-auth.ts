import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { closeSql, connectAdmin, type Sql } from "../../packages/kit/src/db/connect.ts";
import { Secret } from "../../packages/kit/src/secret.ts";
import type { Bed } from "../gateway/bed.ts";

/** The first start makes the database's template. */
const START_MS = 90_000;

/** What serve.ts writes. */
type Ready = { socket: string; gateway: string; databaseUrl: string; identity: string; cookie: string };

export type AuthApp = {
  /** Of the stand-in gateway, through which other apps ask. */
  gatewayUrl: string;
  /** The credential of an app. */
  identity: string;
  /** The value of Ada's session cookie. */
  session: string;
  sql: Sql;
  /** Straight to the app's socket, from the address that is given. */
  call(method: "GET" | "POST", path: string, headers: Record<string, string>, body?: unknown): Promise<number>;
};

export const startAuth = async (bed: Bed): Promise<AuthApp> => {
  const file = join(bed.dir, "ready.json");
  const { logFile } = bed.start("auth", [process.execPath, join(import.meta.dir, "serve.ts"), file], {
    HOMEPORT_LOG_LEVEL: "fatal",
    TZ: "UTC",
  });
  const deadline = performance.now() + START_MS;
  while (!existsSync(file) || readFileSync(file, "utf8") === "") {
    if (performance.now() > deadline) throw new Error(`auth did not start:\n${readFileSync(logFile, "utf8")}`);
    await Bun.sleep(50);
  }
  const ready = JSON.parse(readFileSync(file, "utf8")) as Ready;
  const sql = connectAdmin(new Secret(ready.databaseUrl), { max: 1 });
  bed.defer(() => closeSql(sql));
  return {
    gatewayUrl: ready.gateway,
    identity: ready.identity,
    session: ready.cookie.split("=")[1] ?? "",
    sql,
    async call(method, path, headers, body) {
      const response = await fetch(`http://app/api/v1/auth${path}`, {
        method,
        unix: ready.socket,
        headers: { ...headers, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
};
