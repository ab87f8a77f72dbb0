import { z } from "zod";
import { BuildFailure } from "../build-failure.ts";

export const MAX_PACKAGE_JSON_BYTES = 1024 * 1024;

const Text = z.string().max(4000);
const Texts = z.record(z.string().max(300), Text);

/** What a build needs to know of a package.json; everything else in it is the package managers' business. */
const Schema = z.object({
  scripts: Texts.default({}),
  dependencies: Texts.default({}),
  devDependencies: Texts.default({}),
  optionalDependencies: Texts.default({}),
  engines: Texts.default({}),
  main: Text.optional(),
  module: Text.optional(),
  packageManager: Text.optional(),
  workspaces: z.unknown().optional(),
  patchedDependencies: z.unknown().optional(),
});

export type PackageJson = z.infer<typeof Schema>;

/** @throws {BuildFailure} package_json_invalid */
export const parsePackageJson = (text: string): PackageJson => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (err) {
    const where = err instanceof Error ? `: ${err.message}` : "";
    throw new BuildFailure("package_json_invalid", `package.json is not valid JSON${where}.`);
  }
  const parsed = Schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".");
  throw new BuildFailure(
    "package_json_invalid",
    `package.json: ${field || "the file"} ${issue?.message ?? "is not valid"}.`,
  );
};
