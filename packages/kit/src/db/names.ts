import { createHmac } from "node:crypto";
import { DomainError } from "../errors.ts";
import { Secret } from "../secret.ts";

/** Holds what every app shares: the migrations ledger and the event log. Its own migrations run before any app's. */
export const PLATFORM_SCHEMA = "platform";

/** The role every app's role is a member of; what apps may do in the platform schema is granted to it. */
export const APPS_ROLE = "homeport_apps";

/** Same rule as `AppRecord.id`, so that a schema name needs no quoting and fits Postgres' 63 bytes with every suffix. */
const APP_ID = /^[a-z][a-z0-9-]{0,39}$/;

/** Names that are Postgres' own or ours. */
const RESERVED = new Set(["public", "platform", "information-schema"]);

/**
 * The schema of an app: `my-app` owns `my_app`.
 * @throws {DomainError} invalid, for an id that is not an app's or would collide with a schema that is not the app's.
 */
export function schemaOf(app: string): string {
  const collides = RESERVED.has(app) || app.startsWith("pg-") || app.endsWith("-jobs");
  if (!APP_ID.test(app) || collides) {
    throw new DomainError(
      "invalid",
      `"${app}" cannot be an app id: it names a database schema that is taken or not allowed.`,
    );
  }
  return app.replaceAll("-", "_");
}

/** Where pg-boss keeps the background jobs of an app; no app id ends in `-jobs`, so it is nobody else's schema. */
export const jobsSchemaOf = (app: string): string => `${schemaOf(app)}_jobs`;

/** The role an app connects with. */
export const roleOf = (app: string): string => `hp_${schemaOf(app)}`;

/** The password of an app's role: derived, so that it is nowhere stored and every replica knows it. */
export const rolePassword = (secret: Secret, app: string): Secret =>
  new Secret(createHmac("sha256", secret.reveal()).update(`db:${app}`).digest("base64url"));
