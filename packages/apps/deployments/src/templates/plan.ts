import type { Change } from "../change.ts";
import { defaultSettings } from "../settings.ts";
import { exportNames, type Template } from "./template.ts";

export type WantedDatabase = { slug: string; version: string; sizeMiB?: number | undefined };

/** What `wholeReference` makes an address of. */
export const imageOf = ({ image }: Template, version: string): string => `${image}:${version}`;

/**
 * The changes that make a database: the service, its volume and its variables. These hold in all environments, so that one
 * which is made later has credentials too; each has its own files and its own network.
 *
 * @param newTempId gives another temporary id each time
 */
export const planDatabase = (
  template: Template,
  { slug, version, sizeMiB }: WantedDatabase,
  newTempId: () => string,
): { service: string; changes: Change[] } => {
  const service = newTempId();
  const scope = { kind: "service", service } as const;
  const { variables, exports, volume } = template;
  return {
    service,
    changes: [
      {
        op: "service.create",
        tempId: service,
        slug,
        source: { kind: "image", reference: imageOf(template, version) },
        settings: {
          ...defaultSettings(),
          port: template.port,
          health: { kind: "tcp", timeoutSeconds: template.startSeconds, intervalSeconds: 1 },
          strategy: { kind: "recreate" },
          resources: { memoryMiB: template.memoryMiB },
          graceSeconds: template.graceSeconds,
          ...(template.startCommand === undefined ? {} : { startCommand: template.startCommand }),
        },
        group: null,
        template: template.name,
      },
      { op: "volume.create", tempId: newTempId(), service, ...volume, ...(sizeMiB === undefined ? {} : { sizeMiB }) },
      ...Object.entries(variables).map(
        ([name, variable]): Change =>
          variable.kind === "literal"
            ? { op: "variable.set", scope, name, value: variable.value }
            : { op: "variable.generate", scope, name, generator: variable.generator },
      ),
      ...exportNames(template).map(
        (name): Change => ({
          op: "variable.set",
          scope,
          name,
          value: exports[name] ?? "",
        }),
      ),
    ],
  };
};
