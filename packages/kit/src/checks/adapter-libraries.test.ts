import { expect, test } from "bun:test";
import { checkAdapterLibraries } from "./adapter-libraries.ts";
import { graphOf } from "./graph.ts";
import { treeOf } from "./tree.ts";

const APP = "packages/apps/shop/src";
const check = (files: Record<string, string>) =>
  checkAdapterLibraries(
    graphOf(treeOf("/", { [`${APP}/adapters/mail.ts`]: 'import mail from "nodemailer";', ...files })),
  );

const seeded: { name: string; file: string; source: string }[] = [
  { name: "a service", file: `${APP}/service/a.ts`, source: '\nimport mail from "nodemailer";' },
  { name: "a second adapter", file: `${APP}/adapters/news.ts`, source: '\nimport mail from "nodemailer/lib";' },
  { name: "a signature", file: `${APP}/ports.ts`, source: '\nimport type { Mail } from "nodemailer";' },
];

for (const { name, file, source } of seeded) {
  test(`the library of an adapter in ${name} is refused`, () => {
    expect(check({ [file]: source })).toMatchObject([{ rule: "adapter-libraries", file, line: 2 }]);
  });
}

const allowed: { name: string; file: string; source: string }[] = [
  { name: "another app", file: "packages/apps/bank/src/adapters/mail.ts", source: 'import mail from "nodemailer";' },
  { name: "a test", file: `${APP}/adapters/mail.test.ts`, source: 'import mail from "nodemailer";' },
  { name: "zod everywhere", file: `${APP}/order.ts`, source: 'import { z } from "zod";' },
];

for (const { name, file, source } of allowed) {
  test(`${name} is allowed`, () =>
    expect(check({ [file]: source, [`${APP}/adapters/a.ts`]: 'import "zod";' })).toEqual([]));
}
