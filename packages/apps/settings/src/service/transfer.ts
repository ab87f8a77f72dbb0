import type { Actor } from "@homeport/kit/principal.ts";
import { planChanges } from "../change.ts";
import { type SettingsDocument, toDocument } from "../document.ts";
import type { Setting } from "../setting.ts";
import type { SettingsDeps } from "./deps.ts";
import { changeSettings, listSettings, refuse, toUnknownIssue } from "./settings.ts";

/** What an import does, or would do. */
export type ImportResult = {
  changes: { name: string; label: string; from: Setting["value"]; to: Setting["value"] }[];
  /** Settings that no app here declares; they are left out. */
  unknown: string[];
  applied: boolean;
};

/** All settings that people set, without secrets. */
export const exportSettings = async (deps: SettingsDeps): Promise<SettingsDocument> => {
  const apps = await listSettings(deps);
  return toDocument(
    apps.flatMap(({ settings }) => settings),
    deps.clock(),
  );
};

/**
 * Stores what a document says, all or nothing; what it does not name stays as it is. A dry run changes nothing.
 *
 * @throws {DomainError} invalid, with an issue for each value that does not fit, each secret, and when strict for each
 *   setting that is not known
 */
export const importSettings = async (
  deps: SettingsDeps,
  document: SettingsDocument,
  { dryRun, strict }: { dryRun: boolean; strict: boolean },
  actor: Actor,
): Promise<ImportResult> => {
  const plan = (settings: readonly Setting[]) => {
    const { changes, issues, unknown } = planChanges(settings, document.settings);
    const secrets = changes.filter(({ setting }) => setting.declaration.type === "secret");
    refuse([
      ...issues,
      ...secrets.map(({ setting }) => ({ path: setting.name, message: "is a secret: set it by itself" })),
      ...(strict ? unknown.map(toUnknownIssue) : []),
    ]);
    return { changes, unknown };
  };
  let planned: ReturnType<typeof plan> = { changes: [], unknown: [] };
  if (dryRun) {
    planned = plan((await listSettings(deps)).flatMap(({ settings }) => settings));
  } else {
    await changeSettings(deps, actor, "setting:import", (settings) => {
      planned = plan(settings);
      return planned.changes;
    });
  }
  return {
    changes: planned.changes.map(({ setting, value }) => ({
      name: setting.name,
      label: setting.declaration.label,
      from: setting.value,
      to: value,
    })),
    unknown: planned.unknown,
    applied: !dryRun,
  };
};
