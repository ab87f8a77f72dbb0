import type { ServiceId } from "@homeport/kit/ids.ts";

/** What a variable of the model says: a text, or what another service has under a name. */
export type Said = { text: string } | { service: ServiceId; name: string };

/** `project`, or a service in production. */
export type Place = "project" | ServiceId;

export type Deed =
  | { do: "set"; place: Place; name: string; said: Said }
  | { do: "unset"; place: Place; name: string }
  | { do: "rename"; service: ServiceId; slug: string }
  | { do: "rename-project"; slug: string };

export type Model = {
  project: string;
  slugs: Map<ServiceId, string>;
  said: Map<string, Said>;
};

export const keyOf = (place: Place, name: string): string => `${place} ${name}`;

export const copyModel = (model: Model): Model => ({
  project: model.project,
  slugs: new Map(model.slugs),
  said: new Map(model.said),
});

/** One that is not there cannot be unset; nothing is different then. */
export const act = (model: Model, deed: Deed): void => {
  if (deed.do === "set") model.said.set(keyOf(deed.place, deed.name), deed.said);
  if (deed.do === "unset") model.said.delete(keyOf(deed.place, deed.name));
  if (deed.do === "rename") model.slugs.set(deed.service, deed.slug);
  if (deed.do === "rename-project") model.project = deed.slug;
};

/** The variables that a release of a service has to have; null when something it refers to is not there. */
export const envOf = (model: Model, service: ServiceId): Record<string, string> | null => {
  const env: Record<string, string> = {};
  for (const place of ["project", service] as const) {
    for (const [key, said] of model.said) {
      const [at, name = ""] = key.split(" ");
      if (at !== place) continue;
      if ("text" in said) {
        env[name] = said.text;
        continue;
      }
      delete env[name];
      const found = read(model, said.service, said.name);
      if (found !== null) env[name] = found;
    }
  }
  const names = new Set(
    [...model.said.keys()]
      .map((key) => key.split(" "))
      .filter(([at]) => at === "project" || at === service)
      .map(([, name]) => name),
  );
  return Object.keys(env).length === names.size ? env : null;
};

/** What is referred to is text: the names that the test refers to never refer on. */
const read = (model: Model, service: ServiceId, name: string): string | null => {
  if (name === "HOST") return model.slugs.get(service) ?? null;
  const said = model.said.get(keyOf(service, name)) ?? model.said.get(keyOf("project", name));
  return said !== undefined && "text" in said ? said.text : null;
};

/** As people write it now. */
export const written = (model: Model, said: Said): string =>
  "text" in said ? said.text : `\${{${model.slugs.get(said.service)}.${said.name}}}`;
