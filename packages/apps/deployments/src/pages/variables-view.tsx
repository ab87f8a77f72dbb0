import type { FormErrors } from "@homeport/kit/form.ts";
import type { PageContext, PageView } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { loadServiceView } from "./service-view.ts";
import { VariablesPage } from "./variables.page.tsx";

type Filled = { values: Record<string, string>; errors?: FormErrors };

/** The page of a service's variables; one of its forms may come back with errors. */
export const loadVariablesView = async (
  useCases: UseCases,
  context: PageContext,
  { variable, attach }: { variable?: Filled; attach?: Filled } = {},
): Promise<PageView> => {
  const view = await loadServiceView(useCases, context);
  const { service } = view;
  const project = { id: service.projectId, organisationId: service.organisationId };
  const attached = await useCases.secretAttachments.list(service);
  const known = context.may("secret:read", {
    kind: "project",
    organisationId: project.organisationId,
    projectId: project.id,
  })
    ? await useCases.secretGroups.list(project, { limit: MAX_OFFERED })
    : { items: [] };
  const others = known.items.map(({ slug }) => slug).filter((slug) => !attached.some((group) => group.slug === slug));
  const writeReason = view.reasonAgainst("secret:write");
  return {
    title: `Variables of ${service.slug}`,
    body: (
      <VariablesPage
        view={view}
        variables={await useCases.variables.list(service)}
        values={variable?.values ?? {}}
        errors={variable?.errors}
        groups={{ service, attached, others, writeReason, values: attach?.values ?? {}, errors: attach?.errors }}
      />
    ),
    status: variable?.errors === undefined && attach?.errors === undefined ? 200 : 422,
  };
};

/** More names than this are no list to choose from; the command line attaches any group. */
const MAX_OFFERED = 200;
