import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import { projectOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { exportNames, type Template } from "../templates/template.ts";
import { problemToWire } from "./wire-problem.ts";

export const templateHandlers = ({ templates }: UseCases): Handlers<typeof contract.templates> => ({
  list: async () => ({ items: templates.list().map(templateToWire) }),
  add: async (context, { project: _project, ...wanted }) => {
    const { template, problems, ...added } = await templates.add(projectOf(context), wanted, callerOf(context));
    return {
      ...added,
      template: template.name,
      address: `${added.slug}:${template.port}`,
      exports: exportNames(template),
      problems: problems.map(problemToWire),
    };
  },
});

const templateToWire = (template: Template) => ({
  name: template.name,
  title: template.title,
  description: template.description,
  image: template.image,
  versions: [...template.versions],
  port: template.port,
  memoryMiB: template.memoryMiB,
  volume: template.volume,
  exports: exportNames(template),
});
