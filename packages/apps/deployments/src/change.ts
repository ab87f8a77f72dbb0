import { z } from "zod";
import { BranchPattern } from "./environment.ts";
import { Directory, Prefix } from "./secret-use.ts";
import { Settings, SettingsPatch, WorkloadSettings } from "./settings.ts";
import { NewSlug } from "./slug.ts";
import { Source } from "./source.ts";
import { TemplateName } from "./template-name.ts";
import { VariableName, VariableValue } from "./variable.ts";
import { VolumePath, VolumeSizeMiB } from "./volume.ts";

/** What an earlier change of the same draft makes, until it is applied and has an id. */
export const TempId = z.string().regex(/^tmp_[a-z0-9]{1,40}$/, "must be tmp_ and letters or digits");

/** What there is, by its id or slug, or what an earlier change of the draft makes, by its temporary id. */
export const Named = z.string().min(1).max(60);

/** Where a variable holds, as a change says it. */
export const ScopeName = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("project") }),
  z.strictObject({ kind: z.literal("environment"), environment: Named }),
  z.strictObject({ kind: z.literal("group"), group: Named }),
  z.strictObject({ kind: z.literal("service"), service: Named }),
  z.strictObject({ kind: z.literal("workload"), service: Named, environment: Named }),
]);
export type ScopeName = z.infer<typeof ScopeName>;

/** Values that Homeport makes up when the change is staged; nobody has to see them. */
export const Generator = z.enum(["password", "hex32", "hex64", "base64", "uuid"]);
export type Generator = z.infer<typeof Generator>;

const SecretUse = z.discriminatedUnion("as", [
  z.strictObject({ as: z.literal("variables"), prefix: Prefix.default("") }),
  z.strictObject({ as: z.literal("files"), directory: Directory.optional() }),
]);

/**
 * One change to what a project is made of. All that changes what runs is one of these, whoever asks for it; positions and
 * notes of the canvas are not.
 */
export const Change = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("project.update"), slug: NewSlug }),
  z.strictObject({
    op: z.literal("environment.create"),
    tempId: TempId,
    slug: NewSlug,
    branchPattern: BranchPattern.nullable().default(null),
    /** Takes over that environment's variables and overrides; values are copied, not shared. */
    copyFrom: Named.optional(),
  }),
  z.strictObject({
    op: z.literal("environment.update"),
    environment: Named,
    slug: NewSlug.optional(),
    branchPattern: BranchPattern.nullable().optional(),
    position: z.number().int().min(0).max(49).optional(),
  }),
  z.strictObject({ op: z.literal("environment.remove"), environment: Named }),
  z.strictObject({ op: z.literal("group.create"), tempId: TempId, slug: NewSlug }),
  z.strictObject({ op: z.literal("group.update"), group: Named, slug: NewSlug }),
  z.strictObject({ op: z.literal("group.remove"), group: Named }),
  z.strictObject({
    op: z.literal("service.create"),
    tempId: TempId,
    slug: NewSlug,
    source: Source,
    settings: Settings.prefault({}),
    group: Named.nullable().default(null),
    /** What kind of database it is, for those who bind to it. */
    template: TemplateName.nullable().default(null),
  }),
  z.strictObject({
    op: z.literal("service.update"),
    service: Named,
    slug: NewSlug.optional(),
    source: Source.optional(),
    /** Only what is named changes; null takes a value back to its default. */
    settings: SettingsPatch.optional(),
    group: Named.nullable().optional(),
  }),
  z.strictObject({ op: z.literal("service.remove"), service: Named }),
  z.strictObject({
    op: z.literal("workload.update"),
    service: Named,
    environment: Named,
    /** What is different there; null takes it back to what the service says. */
    overrides: WorkloadSettings,
  }),
  z.strictObject({ op: z.literal("variable.set"), scope: ScopeName, name: VariableName, value: VariableValue }),
  z.strictObject({ op: z.literal("variable.generate"), scope: ScopeName, name: VariableName, generator: Generator }),
  z.strictObject({ op: z.literal("variable.unset"), scope: ScopeName, name: VariableName }),
  z.strictObject({
    op: z.literal("secrets.attach"),
    service: Named,
    environment: Named,
    secretGroup: Named,
    use: SecretUse,
  }),
  z.strictObject({ op: z.literal("secrets.detach"), service: Named, environment: Named, secretGroup: Named }),
  z.strictObject({
    op: z.literal("volume.create"),
    tempId: TempId,
    service: Named,
    slug: NewSlug,
    path: VolumePath,
    sizeMiB: VolumeSizeMiB.optional(),
  }),
  z.strictObject({
    op: z.literal("volume.update"),
    service: Named,
    volume: Named,
    slug: NewSlug.optional(),
    path: VolumePath.optional(),
    /** Null for no limit. */
    sizeMiB: VolumeSizeMiB.nullable().optional(),
  }),
  /** What it holds is kept for a while, see `KEPT_DAYS`. */
  z.strictObject({ op: z.literal("volume.remove"), service: Named, volume: Named }),
]);
export type Change = z.infer<typeof Change>;
export type ChangeOp = Change["op"];

/** Of one request, and of one draft. */
export const MAX_CHANGES_AT_ONCE = 200;
export const MAX_STAGED_CHANGES = 1000;
