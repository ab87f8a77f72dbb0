import { expect, test } from "bun:test";
import { treeOf } from "../tree.ts";
import { checkSource } from "./all.ts";

const SRC = "packages/apps/shop/src/service/order.ts";
const TEST = "packages/apps/shop/test/order.test.ts";

const seeded: { rule: string; path: string; source: string; name: string }[] = [
  { name: "Bun.$", rule: "no-shell", path: SRC, source: "await Bun.$`ls`;" },
  { name: "the $ tag", rule: "no-shell", path: SRC, source: 'import { $ } from "bun";\nawait $`ls`;' },
  { name: "shell: true", rule: "no-shell", path: SRC, source: 'spawn("ls", { shell: true });' },
  { name: "sh -c in one array", rule: "no-shell", path: SRC, source: 'Bun.spawn(["sh", "-c", line]);' },
  { name: "bash -lc as arguments", rule: "no-shell", path: TEST, source: 'spawn("/bin/bash", ["-lc", line]);' },
  { name: "a shell of busybox", rule: "no-shell", path: SRC, source: 'run(["busybox", "sh", "-ec", line]);' },
  { name: "execSync", rule: "no-shell", path: SRC, source: "execSync(line);" },
  { name: "exec", rule: "no-shell", path: SRC, source: 'import { exec } from "node:child_process";\nexec(line);' },
  { name: "sql.unsafe", rule: "no-unsafe-sql", path: SRC, source: "await sql.unsafe(text);" },
  { name: "tx?.unsafe", rule: "no-unsafe-sql", path: TEST, source: "await tx?.unsafe(text);" },
  { name: "eval", rule: "no-eval", path: SRC, source: "eval(text);" },
  { name: "new Function", rule: "no-eval", path: SRC, source: "new Function(text);" },
  { name: "fetch", rule: "one-egress-client", path: SRC, source: "const a = await fetch(url);" },
  { name: "globalThis.fetch", rule: "one-egress-client", path: SRC, source: "globalThis.fetch(url);" },
  {
    name: "fetch inside a fetch handler",
    rule: "one-egress-client",
    path: SRC,
    source: "a = { fetch(r) { return fetch(r); } };",
  },
  { name: "createCipheriv", rule: "one-cipher", path: SRC, source: "createCipheriv(a, key, nonce);" },
  {
    name: "a namespace's createDecipheriv",
    rule: "one-cipher",
    path: SRC,
    source: "crypto.createDecipheriv(a, b, c);",
  },
  { name: "innerHTML", rule: "no-raw-html", path: SRC, source: "element.innerHTML = text;" },
  {
    name: "dangerouslySetInnerHTML",
    rule: "no-raw-html",
    path: "packages/apps/shop/src/pages/order.page.tsx",
    source: "export const A = () => <p dangerouslySetInnerHTML={{ __html: text }} />;",
  },
  { name: "test.skip", rule: "no-skipped-tests", path: TEST, source: 'test.skip("a", () => {});' },
  { name: "test.todo", rule: "no-skipped-tests", path: TEST, source: 'test.todo("a");' },
  { name: "describe.only", rule: "no-skipped-tests", path: TEST, source: 'describe.only("a", () => {});' },
  { name: "test.failing", rule: "no-skipped-tests", path: TEST, source: 'test.failing("a", () => {});' },
  { name: "console", rule: "no-console", path: SRC, source: "console.error(a);" },
  { name: "process.env", rule: "env-in-config", path: SRC, source: "const a = process.env.A;" },
  { name: "the whole environment", rule: "env-in-config", path: SRC, source: "spawn({ env: { ...process.env } });" },
  { name: "Bun.env", rule: "env-in-config", path: SRC, source: "const a = Bun.env.A;" },
  { name: "import.meta.env", rule: "env-in-config", path: SRC, source: "const a = import.meta.env.A;" },
  { name: "351 lines", rule: "file-size", path: SRC, source: "a;\n".repeat(351) },
  { name: "utils.ts", rule: "file-names", path: "packages/kit/src/utils.ts", source: "export const a = 1;" },
  ...["root", "work", "Users"].flatMap((top) => [
    { name: `a path below ${top}`, rule: "no-machine-paths", path: SRC, source: `const a = "/${top}/x";` },
    { name: `${top} in a document`, rule: "no-machine-paths", path: "README.md", source: `Go to /${top}/x.` },
  ]),
];

for (const { name, rule, path, source } of seeded) {
  test(`${rule} finds ${name}`, () => {
    const violations = checkSource(treeOf("/", { [path]: source }));
    expect(violations.map((violation) => violation.rule)).toEqual([rule]);
    expect(violations[0]).toMatchObject({ file: path, instead: expect.stringMatching(/\.$/) });
  });
}

const allowed: { name: string; path: string; source: string }[] = [
  { name: "words in comments and strings", path: SRC, source: '// eval(a)\nconst b = "sql.unsafe(c) fetch(d)";' },
  { name: "an argv array", path: SRC, source: 'Bun.spawn(["git", "clone", "--", url]);' },
  {
    name: "the one file that runs lines of users",
    path: "packages/runner/src/sandbox/user-command.ts",
    source: '["sh", "-c", a];',
  },
  { name: "exec of a regular expression", path: SRC, source: "pattern.exec(text);" },
  { name: "unsafe in the migrator", path: "packages/kit/src/db/migrate.ts", source: "await sql.unsafe(text);" },
  { name: "a fetch method", path: SRC, source: "Bun.serve({ port, fetch(request) { return answer(request); } });" },
  {
    name: "a fetch method with a type",
    path: SRC,
    source: "class A { async fetch(a: B): Promise<C> { return d(a); } }",
  },
  { name: "somebody's fetch method", path: SRC, source: "app.fetch(request);" },
  {
    name: "fetch in an adapter",
    path: "packages/apps/shop/src/adapters/forge.ts",
    source: "await fetch(url, { signal });",
  },
  { name: "fetch in a test", path: TEST, source: "await fetch(url);" },
  { name: "a cipher of the keyring", path: "packages/kit/src/keys/aes-gcm.ts", source: "createCipheriv(a, b, c);" },
  { name: "a cipher in a test", path: TEST, source: "createDecipheriv(a, b, c);" },
  { name: "a method named skip", path: SRC, source: "rows.skip(3);" },
  { name: "console in the CLI", path: "packages/cli/src/print.ts", source: "console.log(a);" },
  { name: "process.env in config.ts", path: "packages/apps/shop/src/config.ts", source: "read(process.env);" },
  {
    name: "the system's own PATH",
    path: SRC,
    source: 'const env = { PATH: process.env.PATH, HOME: process.env["HOME"] };',
  },
  { name: "another object's env", path: SRC, source: "const a = release.env;" },
  { name: "350 lines", path: SRC, source: "a;\n".repeat(350) },
  { name: "generated files", path: "packages/kit/src/a.generated.ts", source: "a;\n".repeat(500) },
  {
    name: "the same words inside a longer path",
    path: SRC,
    source: 'const a = ["https://a.test/Users/b", "/rooted/c"];',
  },
];

for (const { name, path, source } of allowed) {
  test(`${name} is allowed`, () => expect(checkSource(treeOf("/", { [path]: source }))).toEqual([]));
}
