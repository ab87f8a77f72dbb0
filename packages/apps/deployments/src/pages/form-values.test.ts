import { describe, expect, test } from "bun:test";
import { DomainError } from "@homeport/kit/errors.ts";
import { parseForm } from "@homeport/kit/form.ts";
import type { Service } from "../service.ts";
import { Settings } from "../settings.ts";
import type { Source } from "../source.ts";
import {
  ChangedServiceForm,
  changedServiceFields,
  NewServiceForm,
  newServiceFields,
  settingsValues,
} from "./form-values.ts";

const refused = (submit: () => unknown): string[] => {
  try {
    submit();
  } catch (err) {
    if (err instanceof DomainError) return err.issues.map((issue) => issue.path).sort();
  }
  return [];
};

describe("the form of a new service", () => {
  const rows: { name: string; fields: Record<string, string>; source: Source }[] = [
    {
      name: "a repository with its branch",
      fields: { kind: "git", location: " https://example.com/a.git ", ref: "main" },
      source: { kind: "git", url: "https://example.com/a.git", ref: "main" },
    },
    {
      name: "a repository without",
      fields: { kind: "git", location: "git@example.com:team/a.git", ref: " " },
      source: { kind: "git", url: "git@example.com:team/a.git" },
    },
    {
      name: "an image, whatever stands in the branch",
      fields: { kind: "image", location: "nginx:1.27", ref: "main" },
      source: { kind: "image", reference: "nginx:1.27" },
    },
  ];
  for (const { name, fields, source } of rows) {
    test(`says ${name}`, () => {
      expect(parseForm(NewServiceForm, newServiceFields({ slug: "api", ...fields })).source).toEqual(source);
    });
  }

  test("leaves what is empty to the defaults, and knows a path from none", () => {
    const parse = (fields: Record<string, string>) =>
      parseForm(NewServiceForm, newServiceFields({ slug: "api", kind: "image", location: "nginx", ...fields }))
        .settings;
    expect(parse({ port: "", healthPath: "" })).toEqual(Settings.parse({}));
    expect(parse({ port: " 80 ", healthPath: "/up" })).toMatchObject({
      port: 80,
      health: { kind: "http", path: "/up" },
    });
  });

  test("tells what is wrong at its field", () => {
    const fields = { slug: "New Shop", kind: "git", location: "", port: "eighty", healthPath: "up" };
    expect(refused(() => parseForm(NewServiceForm, newServiceFields(fields)))).toEqual([
      "settings.health.path",
      "settings.port",
      "slug",
      "source.url",
    ]);
  });
});

test("a number that is none, or out of range, is refused with the range", () => {
  for (const port of ["eighty", "0", "99999", "80.5"]) {
    const fields = newServiceFields({ slug: "api", kind: "image", location: "nginx", port });
    expect(NewServiceForm.safeParse(fields).error?.issues.map(({ message }) => message)).toEqual([
      "use a whole number from 1 to 65535",
    ]);
  }
});

describe("the form of a service's settings", () => {
  const settings = Settings.parse({
    port: 9000,
    graceSeconds: 99,
    rootDirectory: "packages/api",
    preset: "node",
    startCommand: "node x.js",
    health: { kind: "http", path: "/up", timeoutSeconds: 300, intervalSeconds: 7 },
    resources: { memoryMiB: 256, cpus: 2 },
  });
  const service = (changes: Partial<Service> = {}): Service =>
    ({ source: { kind: "git", url: "https://example.com/a.git", ref: "main" }, settings, ...changes }) as Service;
  const save = (of: Service, fields: Record<string, string> = {}) =>
    parseForm(ChangedServiceForm, changedServiceFields(of, { ...settingsValues(of), ...fields }));

  test("saved as it is shown changes nothing, whatever the service is made from", () => {
    for (const source of [
      service().source,
      { kind: "image", reference: "nginx" } as const,
      { kind: "upload" } as const,
    ]) {
      const of = service({ source });
      expect(save(of)).toEqual({ source, settings });
    }
  });

  test("keeps what it does not show, times of the health check too", () => {
    const none = service({
      settings: { ...settings, health: { kind: "none", timeoutSeconds: 5, intervalSeconds: 2 } },
    });
    expect(save(none, { port: "81" }).settings).toEqual({ ...none.settings, port: 81 });
    expect(save(none, { healthPath: "/up" }).settings.health).toEqual({
      kind: "http",
      path: "/up",
      timeoutSeconds: 5,
      intervalSeconds: 2,
    });
    expect(save(service(), { healthPath: "" }).settings.health).toEqual({
      kind: "tcp",
      timeoutSeconds: 300,
      intervalSeconds: 7,
    });
  });

  test("empties what is emptied", () => {
    const emptied = save(service(), { preset: "", startCommand: " ", memoryMiB: "", ref: "" });
    expect(emptied.settings.preset).toBeUndefined();
    expect(emptied.settings.startCommand).toBeUndefined();
    expect(emptied.settings.resources).toEqual({ cpus: 2 });
    expect(emptied.source).toEqual({ kind: "git", url: "https://example.com/a.git" });
  });
});
