import { z } from "zod";

declare const brand: unique symbol;

/** A UUIDv7 that knows what it names, so that a `ServiceId` is never passed for a `ProjectId`. */
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type OrganisationId = Id<"organisation">;
export type PersonId = Id<"person">;
export type ProjectId = Id<"project">;
export type EnvironmentId = Id<"environment">;
export type ServiceId = Id<"service">;
export type WorkloadId = Id<"workload">;
export type ReplicaId = Id<"replica">;
export type ReleaseId = Id<"release">;
export type DeploymentId = Id<"deployment">;
export type JobId = Id<"job">;
export type RunId = Id<"run">;
export type NodeId = Id<"node">;

/** A new id; UUIDv7 (RFC 9562 section 5.7), so ids sort by creation time and index well. */
export const newId = <T extends Id<string>>(): T => Bun.randomUUIDv7() as T;

/** Schema of an id on the wire. The brand is given by the caller: `idSchema<ServiceId>()`. */
export const idSchema = <T extends Id<string>>() => z.uuid().transform((value) => value.toLowerCase() as T);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a path segment can be an id at all; anything else is a slug or nonsense. */
export const isId = (value: string): boolean => UUID.test(value);
