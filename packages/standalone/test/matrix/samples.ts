import { Slug } from "@homeport/kit/contract.ts";
import type { Row } from "./platform.ts";
import { fieldsOf, sampleOf } from "./sample.ts";
import type { Values } from "./target.ts";

const STREAM = `build.${Bun.randomUUIDv7()}`;

let serial = 0;
/** A name that nothing has yet. */
const newName = (): string => {
  serial += 1;
  return `n${Date.now().toString(36)}${serial.toString(36)}`;
};

/** The name of the volume once more, where it can be one. */
const confirmed = ({ volume = "" }: Values) => ({ confirm: Slug.safeParse(volume).success ? volume : "sample" });

/** Inputs that cannot be made from the schema alone, or would do nothing, by app and name of the route. */
const BY_HAND: Readonly<Record<string, (values: Values) => Record<string, unknown>>> = {
  "auth members.update": () => ({ role: "viewer" }),
  "logging streams.create": () => ({ streamId: STREAM }),
  "logging streams.get": () => ({ stream: STREAM }),
  "logging streams.lines": () => ({ stream: STREAM }),
  "logging streams.end": () => ({ stream: STREAM }),
  // A project stays what it was for those who come after, under its name.
  "deployments projects.update": ({ project = "" }) => (Slug.safeParse(project).success ? { slug: project } : {}),
  "deployments environments.create": () => ({ slug: "production" }),
  "deployments environments.update": () => ({ branchPattern: null }),
  "deployments changes.stage": () => ({
    changes: [{ op: "variable.set", scope: { kind: "project" }, name: "SAMPLE", value: "x" }],
  }),
  "deployments canvas.operate": () => ({
    client: Bun.randomUUIDv7(),
    operations: [{ type: "note.create", id: newName(), x: 0, y: 0 }],
  }),
  "deployments releases.promote": () => ({ from: "production" }),
  "deployments runs.create": () => ({ argv: ["true"] }),
  "deployments volumes.create": () => ({ path: "/data" }),
  "deployments volumes.remove": confirmed,
  "deployments volumeData.reset": confirmed,
  "deployments snapshots.restore": confirmed,
  "deployments changes.apply": () => ({ draftVersion: 1_000_000 }),
  "deployments scopedVariables.list": () => ({ scope: "project" }),
  "deployments scopedVariables.set": () => ({ scope: "project" }),
  "deployments scopedVariables.unset": () => ({ scope: "project" }),
  "deployments scopedVariables.reveal": () => ({ scope: "project" }),
  "deployments hooks.create": () => ({ url: "https://example.com/team/app.git" }),
  "deployments gitCredentials.setGitToken": () => ({ token: "t0ken" }),
  "deployments services.create": () => ({ source: { kind: "upload" } }),
};

/** Fields whose values must be new each time, whatever the route. */
const NEW_NAMES: readonly string[] = ["slug"];

/**
 * A complete input of a route, valid but for what `values` put in its place, and those may be anything.
 *
 * @throws {Error} when none can be made: add it to BY_HAND
 */
export const inputOf = (row: Row, values: Values): Record<string, unknown> => {
  if (row.input === null) return {};
  const fields = fieldsOf(row.input);
  const names = Object.fromEntries(NEW_NAMES.flatMap((name) => (fields.includes(name) ? [[name, newName()]] : [])));
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => fields.includes(name)));
  try {
    return { ...sampleOf(row.input, { ...names, ...BY_HAND[`${row.app} ${row.name}`]?.(values) }), ...given };
  } catch (err) {
    throw new Error(`${row.app} ${row.name}: ${err instanceof Error ? err.message : String(err)}`);
  }
};
