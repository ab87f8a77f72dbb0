import { BuildFailure } from "../build-failure.ts";
import { fillIn, readWhen } from "./evaluate.ts";
import type { Manager, Preset, PresetName, Proof, ServicePreset } from "./preset.ts";
import { PRESETS } from "./presets/all.ts";
import type { Project } from "./project.ts";

/** A preset, why it was taken ("Found …"), and what was found but not taken. */
export type Choice = { preset: Preset; because: string; passedOver: string[] };

type Held = { preset: Preset; priority: number; says: string };

/**
 * A preset that was asked for needs no proof; else the one with the strongest proof.
 *
 * @throws {BuildFailure} nothing_detected, dockerfile_missing, source_invalid
 */
export const choosePreset = (project: Project, wanted: PresetName | undefined): Choice => {
  const held = PRESETS.flatMap((preset) => strongestOf(preset, project) ?? []).sort((a, b) => b.priority - a.priority);
  if (wanted !== undefined) {
    const preset = presetNamed(wanted);
    if (preset.kind === "dockerfile" && !project.files.has(preset.file)) {
      throw new BuildFailure("dockerfile_missing", "The service is built from a Dockerfile, but the source has none.");
    }
    const others = held.filter((each) => each.preset !== preset);
    return { preset, because: `The service asks for the preset "${wanted}"`, passedOver: others.map(tellOther) };
  }
  const [first, ...others] = held;
  if (first !== undefined) {
    return { preset: first.preset, because: `Found ${first.says}`, passedOver: others.map(tellOther) };
  }
  const list = PRESETS.map(({ recognises }) => recognises).join("; ");
  throw new BuildFailure(
    "nothing_detected",
    `There is nothing here that Homeport knows how to build. It recognises: ${list}.`,
  );
};

/** The preset of a name. @throws {BuildFailure} source_invalid */
export const presetNamed = (name: string): Preset => {
  const preset = PRESETS.find((each) => each.name === name);
  if (preset === undefined) throw new BuildFailure("source_invalid", `There is no preset "${name}".`);
  return preset;
};

/** A preset of services and how its projects are installed and built. */
export type Builder = { preset: ServicePreset; manager: Manager };

/**
 * The manager with the strongest proof among those of the presets; without any, the last one of the last preset: the
 * managers that need nothing come last.
 */
export const chooseManager = (presets: readonly [ServicePreset, ...ServicePreset[]], project: Project): Builder => {
  let best: (Builder & { priority: number }) | null = null;
  for (const preset of presets) {
    for (const manager of preset.managers) {
      const priority = strongestProof(manager.proofs, project)?.priority ?? 0;
      if (priority > (best?.priority ?? 0)) best = { preset, manager, priority };
    }
  }
  if (best !== null) return best;
  const preset = presets.at(-1) ?? presets[0];
  return { preset, manager: preset.managers.at(-1) ?? preset.managers[0] };
};

const strongestOf = (preset: Preset, project: Project): Held | null => {
  const proofs =
    preset.kind === "service" ? [...preset.proofs, ...preset.managers.flatMap(({ proofs }) => proofs)] : preset.proofs;
  const strongest = strongestProof(proofs, project);
  return strongest === null ? null : { preset, ...strongest };
};

const strongestProof = (proofs: readonly Proof[], project: Project): { priority: number; says: string } | null => {
  for (const proof of [...proofs].sort((a, b) => b.priority - a.priority)) {
    const value = readWhen(proof, project);
    if (value !== null) return { priority: proof.priority, says: fillIn(proof.says, { value }) };
  }
  return null;
};

const tellOther = ({ preset, says }: Held): string => `${says} (${preset.title})`;
