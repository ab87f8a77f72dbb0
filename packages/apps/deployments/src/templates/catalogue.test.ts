import { describe, expect, test } from "bun:test";
import { splitCommand } from "../argv.ts";
import { Change } from "../change.ts";
import { ImageReference, wholeReference } from "../image-reference.ts";
import { listReferences } from "../reference.ts";
import { TemplateName } from "../template-name.ts";
import { VariableName, VariableValue } from "../variable.ts";
import { TEMPLATES } from "./catalogue.ts";
import { planDatabase } from "./plan.ts";

const templates = TemplateName.options.map((name) => TEMPLATES[name]);
/** What every service has without anybody's doing. */
const BUILT_IN = ["HOST", "PORT"];

let count = 0;
const newTempId = (): string => {
  count += 1;
  return `tmp_${count}`;
};
const planOf = (template: (typeof templates)[number]) =>
  planDatabase(template, { slug: "db", version: template.versions[0] }, newTempId);

describe.each(templates)("the template $name", (template) => {
  test("is found under its own name, and its changes are ones that can be staged", () => {
    expect(TEMPLATES[template.name]).toBe(template);
    const { changes } = planOf(template);
    expect(changes.map((change) => Change.safeParse(change).error?.message)).toEqual(changes.map(() => undefined));
  });

  test("refers to nothing but its own variables, its name and its port", () => {
    const known = [...Object.keys(template.variables), ...BUILT_IN];
    for (const value of Object.values(template.exports)) {
      const references = listReferences(VariableValue.parse(value));
      expect(references.length).toBeGreaterThan(0);
      expect(references.filter(({ kind, name }) => kind !== "own" || !known.includes(name))).toEqual([]);
    }
  });

  test("has names of its own for what it is told and for what it tells", () => {
    const names = [...Object.keys(template.variables), ...Object.keys(template.exports)];
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !VariableName.safeParse(name).success || !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual(
      [],
    );
  });

  test("names a password only to have it made up, and never in a command", () => {
    const passwords = Object.entries(template.variables).filter(([name]) => name.includes("PASSWORD"));
    expect(passwords.length).toBeGreaterThan(0);
    expect(passwords.filter(([, { kind }]) => kind !== "generated")).toEqual([]);
    // Nothing is put into the words of a command but by the shell that is one of them.
    expect(splitCommand(template.startCommand ?? "").filter((word) => word.includes("${{"))).toEqual([]);
  });

  test("has versions that are tags, the newest first, each of one image", () => {
    const numbers = template.versions.map((version) => version.split(".").map(Number));
    const sorted = [...numbers].sort(([a = 0, b = 0], [c = 0, d = 0]) => c - a || d - b);
    expect(numbers).toEqual(sorted);
    expect(new Set(template.versions).size).toBe(template.versions.length);
    for (const version of template.versions) {
      const reference = ImageReference.parse(`${template.image}:${version}`);
      expect(wholeReference(reference)).toStartWith("docker.io/");
    }
  });

  test("has one volume, and is replaced only once the one before is gone", () => {
    const { changes, service } = planOf(template);
    const volumes = changes.filter(({ op }) => op === "volume.create");
    expect(volumes).toMatchObject([{ service, path: template.volume.path }]);
    const [made] = changes.filter(({ op }) => op === "service.create");
    expect(made).toMatchObject({
      template: template.name,
      settings: { strategy: { kind: "recreate" }, replicas: 1, health: { kind: "tcp" } },
    });
  });
});

test("Postgres keeps its files in a folder of its volume that no version puts elsewhere", () => {
  const { variables, volume } = TEMPLATES.postgres;
  expect(variables.PGDATA).toEqual({ kind: "literal", value: `${volume.path}/pgdata` });
});

test("what MySQL's own programs read is no variable of it", () => {
  const read = ["MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT", "MYSQL_PWD"];
  for (const { variables, exports } of [TEMPLATES.mysql, TEMPLATES.mariadb]) {
    expect(read.filter((name) => name in variables || name in exports)).toEqual([]);
  }
});

test("Valkey is started by its image's entrypoint, with a configuration that has no quotes left open", () => {
  const { startCommand = "" } = TEMPLATES.valkey;
  expect(startCommand).toStartWith("sh -c "); // in the tenant's container, by the agent's argument list
  const [, , script, ...rest] = splitCommand(startCommand);
  expect(rest).toEqual([]);
  expect(script).toContain('"$VALKEY_PASSWORD"');
  expect(script).toEndWith("exec docker-entrypoint.sh valkey-server - < /tmp/valkey.conf");
});
