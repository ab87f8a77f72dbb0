/**
 * Commands that people write as one line: build commands, start commands, scripts of package.json. They are shell lines
 * by definition, and this file is the one place that makes a shell run them. They only ever run inside the sandbox of a
 * build or of a workload.
 */

/** Tools that dependencies bring are found by their names, as `npm run` does it. */
const WITH_LOCAL_TOOLS = 'PATH="$PWD/node_modules/.bin:$PATH"';

/** A step of a build: runs the line to its end. */
export const buildLine = (line: string): string[] => shell(`${WITH_LOCAL_TOOLS}\n${line}`);

/**
 * The process of a workload. A plain command replaces the shell, so that it gets SIGTERM itself; `before` runs first
 * and has to succeed.
 */
export const startLine = (line: string, before?: string): string[] => {
  const lines = before === undefined ? [] : ["set -e", `( ${before} )`];
  return shell([WITH_LOCAL_TOOLS, ...lines, withExec(line.trim())].join("\n"));
};

const shell = (script: string): string[] => ["/bin/sh", "-c", script];

/** Anything that makes a line more than one command. Quotes are not looked into: not replacing the shell is no error. */
const COMPOUND = /[;&|\n(){}`]/;
const SHELL_WORDS =
  /^(exec|cd|export|set|unset|\.|source|eval|trap|if|for|while|until|case|!|:|true|false|test|\[)(\s|$)/;
const ASSIGNMENTS = /^(?:[A-Za-z_][A-Za-z0-9_]*=(?:"[^"]*"|'[^']*'|[^\s"']*)(?:\s+|$))*/;

const withExec = (line: string): string => {
  const assignments = ASSIGNMENTS.exec(line)?.[0] ?? "";
  const command = line.slice(assignments.length);
  if (command === "" || COMPOUND.test(line) || SHELL_WORDS.test(command)) return line;
  return `${assignments}exec ${command}`;
};
