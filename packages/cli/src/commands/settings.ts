import { plainFromText } from "@homeport/kit/settings/schema.ts";
import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { KEY_VALUE_HELP, type KeyValue, readKeyValues } from "../key-values.ts";
import { note, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { UsageError } from "../usage-error.ts";
import { addSettingsTransfer } from "./settings-transfer.ts";

type Flags = { json?: boolean };
type Setting = Awaited<ReturnType<Client["settings"]["settings"]["list"]>>["items"][number]["settings"][number];
type Value = Setting["value"];

export const addSettings = (program: Command): void => {
  const settings = program
    .command("settings")
    .description("Settings of the platform, for its owners; they take effect while everything runs");
  withExamples(
    settings.command("list"),
    "homeport settings list",
    "homeport settings list --json | jq '.[] | select(.source == \"stored\")'",
  )
    .description("List every setting: its value, and where that comes from")
    .option("--app <id>", "of this app")
    .option("--json", "print JSON")
    .action(async ({ app, json }: Flags & { app?: string }) => {
      const all = await listSettings(connect().client);
      printList(app === undefined ? all : all.filter(({ name }) => name.startsWith(`${app}.`)), json, {
        head: ["setting", "value", "from"],
        row: (each) => [each.name, showValue(each), each.source],
        none: app === undefined ? "No app has settings." : `There are no settings of an app "${app}".`,
      });
    });
  withExamples(settings.command("get <name>"), "homeport settings get logging.runtime-days")
    .description("Print the value of a setting; of a secret, whether it is set")
    .option("--json", "print JSON: what it is, its value, where that comes from, who set it when")
    .action(async (name: string, { json }: Flags) => {
      const setting = find(await listSettings(connect().client), name);
      printOne(setting, json, Array.isArray(setting.value) ? setting.value.join("\n") : showValue(setting));
      if (json !== true) note(`${setting.declaration.label}: ${setting.declaration.description}`);
    });
  withExamples(
    settings.command("set <KEY=VALUE...>"),
    "homeport settings set logging.runtime-days=14",
    "homeport settings set auth.smtp-password=@password.txt auth.smtp-host=mail.example.com",
    "pass show smtp | homeport settings set auth.smtp-password=-",
  )
    .description("Set settings, all or none; a list has a line per item, or its KEY several times")
    .addHelpText("after", `${KEY_VALUE_HELP} A secret is given in no other way.`)
    .option("--json", "print JSON: {changed}")
    .action(set);
  withExamples(settings.command("reset <KEY...>"), "homeport settings reset logging.runtime-days")
    .description("Reset settings to what the environment says, or else the default")
    .option("--json", "print JSON: {changed}")
    .action(async (names: string[], { json }: Flags) => {
      const result = await connect().client.settings.settings.reset({ names });
      printOne(result, json, tellChanged(result.changed));
    });
  addSettingsTransfer(settings);
};

const listSettings = async (client: Client): Promise<Setting[]> => {
  const { items } = await client.settings.settings.list({});
  return items.flatMap((app) => app.settings);
};

/** @throws {UsageError} */
const find = (settings: readonly Setting[], name: string): Setting => {
  const found = settings.find((each) => each.name === name);
  if (found === undefined) throw new UsageError(`There is no setting "${name}". See: homeport settings list`);
  return found;
};

const showValue = ({ declaration, isSet, value }: Setting): string => {
  if (declaration.type === "secret") return isSet ? "(set)" : "(not set)";
  if (typeof value === "object") return value?.join(" ") ?? "";
  return String(value);
};

const set = async (pairs: string[], { json }: Flags): Promise<void> => {
  const given = await readKeyValues(pairs);
  const { client } = connect();
  const known = await listSettings(client); // their types say what a text means
  const values = Object.fromEntries(
    [...Map.groupBy(given, ({ key }) => key)].map(([key, texts]) => [key, toValue(find(known, key), texts)]),
  );
  const result = await client.settings.settings.put({ values });
  printOne(result, json, tellChanged(result.changed));
};

/** What fits no value of that type goes as it is: the platform says what would. @throws {UsageError} */
const toValue = ({ name, declaration }: Setting, given: readonly KeyValue[]): NonNullable<Value> => {
  if (declaration.type === "secret" && given.some(({ isTyped }) => isTyped)) {
    throw new UsageError(`${name} is a secret: give it as ${name}=- or ${name}=@FILE, so that no history keeps it.`);
  }
  if (declaration.type !== "lines" && given.length > 1) throw new UsageError(`${name} is given more than once.`);
  return plainFromText(declaration, given.map(({ text }) => text).join("\n")) as NonNullable<Value>;
};

const tellChanged = (changed: readonly string[]): string =>
  changed.length === 0 ? "Nothing changed." : `Changed ${changed.join(", ")}.`;
