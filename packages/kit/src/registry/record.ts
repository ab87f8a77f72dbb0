import { z } from "zod";
import { InstanceRole, ROLES, Role } from "../principal.ts";
import { PlainSetting, SettingDeclarations, SettingKey } from "../settings/declaration.ts";

/** How long an instance counts as alive after its last beat, and how often it beats. */
export const LEASE_MS = 30_000;
export const BEAT_MS = 10_000;

/** A record larger than this is refused when written, so one app cannot make every reader slow. */
export const MAX_RECORD_BYTES = 64 * 1024;

/** `unix:/run/x.sock` or `http://host:port`, without a path. */
export const BaseUrl = z
  .string()
  .max(300)
  .regex(/^(unix:\/[^\0\s]+|https?:\/\/[^/?#\s]+)$/, "must be unix:/path or http://host:port");

/** `/`, or `/a/b` without a trailing slash; segments of letters, digits and `-_.~`. */
export const RoutePrefix = z
  .string()
  .max(200)
  .regex(/^(\/|(\/[A-Za-z0-9._~-]+)+)$/, "must be / or /segments without a trailing slash")
  .refine(
    (prefix) => !prefix.split("/").some((part) => part === "." || part === ".."),
    "must not contain dot segments",
  );

export const NavItem = z.object({
  id: z.string().max(60),
  label: z.string().max(60),
  href: z.string().max(200),
  icon: z.string().max(40),
  order: z.number().int().min(0).max(1000),
  /** The roles that see the item; everybody in the organisation when absent. */
  roles: z.array(Role).max(ROLES.length).optional(),
  /** The roles on the platform that see it; who has none of them does not. */
  instance: z.array(InstanceRole).max(2).optional(),
});

export const Command = z.object({ id: z.string().max(80), label: z.string().max(80), href: z.string().max(200) });
export const Widget = z.object({ id: z.string().max(80), href: z.string().max(200) });

/** What one running instance of an app tells the platform, as it is written. */
export const OwnAppRecord = z.object({
  schema: z.literal(1),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  name: z.string().max(60),
  icon: z.string().max(40),
  instance: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  version: z.string().max(60),
  state: z.enum(["starting", "ready", "draining"]),
  baseUrl: BaseUrl,
  routes: z.array(RoutePrefix).max(64),
  nav: z.array(NavItem).max(32),
  commands: z.array(Command).max(64),
  widgets: z.array(Widget).max(16),
  settings: SettingDeclarations.optional(),
  /** The names of its actions, for who hands them out; and those that are never implied. */
  actions: z.array(z.string().max(80)).max(300).optional(),
  dangerous: z.array(z.string().max(80)).max(100).optional(),
  /** What its environment says of its settings, by key; null for a secret that is set there. */
  environment: z.record(SettingKey, PlainSetting.nullable()).optional(),
  /** Path of the instance's OpenAPI document, or null when it has none. */
  openapi: z.string().max(200).nullable(),
  startedAt: z.iso.datetime(),
  renewedAt: z.iso.datetime(),
});

const { nav, commands, widgets, settings, actions, environment } = OwnAppRecord.shape;

/**
 * The same as others read it. An instance of a later version may say things in words that this one does not know: it is
 * reached all the same, without them. Not so `dangerous`: without it, what is never implied would look as if it were.
 */
export const AppRecord = OwnAppRecord.extend({
  nav: nav.catch([]),
  commands: commands.catch([]),
  widgets: widgets.catch([]),
  settings: settings.catch(undefined),
  actions: actions.catch(undefined),
  environment: environment.catch(undefined),
});

/** Where a replica answers; the gateway may always connect to it directly. */
export const Target = z.object({
  replicaId: z.uuid(),
  host: z.string().max(255),
  port: z.number().int().min(1).max(65535),
  state: z.enum(["ready", "draining"]),
  /** Its share of new requests among the route's targets, 100 unless given; 0 gets none. */
  weight: z.number().int().min(0).max(10_000).optional(),
});

/** The hosts of one workload and the replicas that serve them. `targets: []` means: known, but nothing is running. */
export const WorkloadRoute = z.object({
  schema: z.literal(1),
  workloadId: z.uuid(),
  hosts: z.array(z.string().max(253)).max(64),
  targets: z.array(Target).max(256),
});

/** Makes a hash provably whole: how many fields it has besides this one. */
export const WorkloadsMeta = z.object({ revision: z.number().int().min(0), count: z.number().int().min(0) });

/** What a gateway says of itself: the workload revision that its table has. */
export const GatewayRecord = z.object({
  schema: z.literal(1),
  instance: z.string().max(64),
  revision: z.number().int().min(0),
  appliedAt: z.iso.datetime(),
});

/** What is published on the `hp:changed` channel. */
export const Change = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("app"), key: z.string().max(200), leave: z.boolean().optional() }),
  z.object({ kind: z.literal("workloads"), revision: z.number().int().min(0) }),
  z.object({ kind: z.literal("policies"), revision: z.number().int().min(0) }),
]);

export type AppRecord = z.infer<typeof AppRecord>;
export type NavItem = z.infer<typeof NavItem>;
export type Command = z.infer<typeof Command>;
export type Widget = z.infer<typeof Widget>;
export type Target = z.infer<typeof Target>;
export type WorkloadRoute = z.infer<typeof WorkloadRoute>;
export type WorkloadsMeta = z.infer<typeof WorkloadsMeta>;
export type GatewayRecord = z.infer<typeof GatewayRecord>;
export type Change = z.infer<typeof Change>;
