import { z } from "zod";
import type { Service } from "../service.ts";
import { Settings } from "../settings.ts";
import { NewSlug } from "../slug.ts";
import { Source } from "../source.ts";

type Fields = Record<string, string>;

const text = (value: string | undefined): string | undefined => {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
};

const number = (value: string | undefined): number | undefined =>
  text(value) === undefined ? undefined : Number(value);

/** What a form about a source says, in the shape of the contract. */
const sourceFields = (kind: string, fields: Fields): unknown => {
  if (kind === "git") return { kind, url: text(fields.location) ?? "", ref: text(fields.ref) };
  if (kind === "image") return { kind, reference: text(fields.location) ?? "" };
  return { kind };
};

const settingsFields = (fields: Fields) => ({
  port: number(fields.port),
  health: text(fields.healthPath) === undefined ? undefined : { kind: "http", path: text(fields.healthPath) },
});

/** The fields that show these parts of the contract. */
export const FIELD_OF = {
  "source.kind": "kind",
  "source.url": "location",
  "source.reference": "location",
  "source.ref": "ref",
  "settings.port": "port",
  "settings.health.path": "healthPath",
  "settings.preset": "preset",
  "settings.buildCommand": "buildCommand",
  "settings.startCommand": "startCommand",
  "settings.resources.memoryMiB": "memoryMiB",
};

export const NewServiceForm = z.object({ slug: NewSlug, source: Source, settings: Settings });

export const newServiceFields = (fields: Fields): unknown => ({
  slug: fields.slug ?? "",
  source: sourceFields(fields.kind ?? "", fields),
  settings: settingsFields(fields),
});

export const ChangedServiceForm = z.object({ source: Source, settings: Settings });

/** The settings form shows some settings; those it does not show stay. */
export const changedServiceFields = (service: Service, fields: Fields): unknown => {
  const { preset: _preset, buildCommand: _build, startCommand: _start, resources, ...kept } = service.settings;
  return {
    source: service.source.kind === "upload" ? service.source : sourceFields(service.source.kind, fields),
    settings: {
      ...kept,
      port: number(fields.port),
      health: changedHealth(service.settings.health, text(fields.healthPath)),
      preset: text(fields.preset),
      buildCommand: text(fields.buildCommand),
      startCommand: text(fields.startCommand),
      resources: { ...resources, memoryMiB: number(fields.memoryMiB) },
    },
  };
};

/** The form knows paths only: with none, what was no path before stays, times always do. */
const changedHealth = (health: Settings["health"], path: string | undefined): unknown => {
  const { timeoutSeconds, intervalSeconds } = health;
  if (path !== undefined) return { kind: "http", path, timeoutSeconds, intervalSeconds };
  return health.kind === "http" ? { kind: "tcp", timeoutSeconds, intervalSeconds } : health;
};

/** A service as its settings form shows it. */
export const settingsValues = ({ source, settings }: Service): Fields => ({
  location: source.kind === "git" ? source.url : source.kind === "image" ? source.reference : "",
  ref: source.kind === "git" ? (source.ref ?? "") : "",
  port: String(settings.port),
  healthPath: settings.health.kind === "http" ? settings.health.path : "",
  preset: settings.preset ?? "",
  buildCommand: settings.buildCommand ?? "",
  startCommand: settings.startCommand ?? "",
  memoryMiB: settings.resources.memoryMiB === undefined ? "" : String(settings.resources.memoryMiB),
});
