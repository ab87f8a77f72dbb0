import { parseArgs } from "node:util";

export const HELP = `Runs the checks and every test, one process for each package (two at once for end-to-end tests), and adds up the results.

  bin/test                      everything
  bin/test kit auth             two packages (a folder of packages/ or packages/apps/, or its path)
  bin/test packages/kit/src/db  the tests below a folder, or one file
  bin/test kit -t "a lease"     the tests whose names match a pattern

  -t, --test-name-pattern REGEX  run matching tests only
      --checks                   run types, lint and house rules too, although packages are named
      --limit SECONDS            end a package's tests after so long (default 900, 2400 for e2e)
      --verbose                  show every test as it runs
      --no-install               do not install missing Debian packages
  -h, --help

The last line is "N passed, N failed, N skipped"; the exit code is 0 when nothing failed. With CI=true a skipped test is a
failure. What is missing on the machine is named at the start.
`;

export type Options = {
  paths: string[];
  pattern: string | null;
  checks: boolean;
  limitSeconds: number | null;
  verbose: boolean;
  help: boolean;
};

/** @throws {Error} with what is wrong, in words for the person who typed it */
export const parseOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "test-name-pattern": { type: "string", short: "t" },
      checks: { type: "boolean", default: false },
      limit: { type: "string" },
      verbose: { type: "boolean", default: false },
      "no-install": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const pattern = values["test-name-pattern"] ?? null;
  return {
    paths: positionals,
    pattern,
    checks: values.checks || (positionals.length === 0 && pattern === null),
    limitSeconds: values.limit === undefined ? null : seconds(values.limit),
    verbose: values.verbose,
    help: values.help,
  };
};

const seconds = (text: string): number => {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--limit takes a number of seconds, not "${text}".`);
};
