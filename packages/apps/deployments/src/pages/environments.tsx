import { InlineForm, Section, SubmitButton } from "@homeport/ui";
import type { Environment } from "../environment.ts";
import { paths } from "./paths.ts";

export type ProtectionRow = { environment: Environment; mayProtect: boolean };

/** Which environments of a project are protected, with the switch. */
export const Protection = ({ project, rows }: { project: string; rows: ProtectionRow[] }) => (
  <Section
    title="Environments"
    description="What is live in a protected environment is changed by owners, admins and deployers only."
  >
    <ul className="grid divide-y divide-line rounded-lg border border-line bg-surface shadow-card">
      {rows.map(({ environment: { id, slug, isProtected }, mayProtect }) => (
        <li key={id} className="flex flex-wrap items-center justify-between gap-3 px-4 py-2.5">
          <span>{sentenceOf(slug, isProtected)}</span>
          <InlineForm action={paths.protect(project, slug)} hidden={{ protected: isProtected ? "no" : "yes" }}>
            <SubmitButton
              variant="secondary"
              size="sm"
              pendingLabel="Saving…"
              disabledReason={mayProtect ? undefined : "Only owners and admins change this."}
            >
              {isProtected ? "Stop protecting" : "Protect"}
            </SubmitButton>
          </InlineForm>
        </li>
      ))}
    </ul>
  </Section>
);

const sentenceOf = (slug: string, isProtected: boolean) =>
  `${slug.charAt(0).toUpperCase()}${slug.slice(1)} is ${isProtected ? "protected" : "not protected"}`;
