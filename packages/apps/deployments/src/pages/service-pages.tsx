import { DomainError } from "@homeport/kit/errors.ts";
import { type FormErrors, parseForm, withFormErrors } from "@homeport/kit/form.ts";
import { memberScope } from "@homeport/kit/http/context.ts";
import { type Page, type PageContext, type PageView, seeOther } from "@homeport/kit/page.ts";
import { z } from "zod";
import { callerOf } from "../service/caller.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { patchBetween } from "../settings-patch.ts";
import { VariableName, VariableValue } from "../variable.ts";
import { LogsPage } from "./deployment.page.tsx";
import { ChangedServiceForm, changedServiceFields, FIELD_OF, settingsValues } from "./form-values.ts";
import { paths } from "./paths.ts";
import { loadServiceView } from "./service-view.ts";
import { SettingsPage } from "./settings.page.tsx";
import { loadVariablesView } from "./variables-view.tsx";

const VariableForm = z.object({ name: VariableName, value: VariableValue });

export const servicePages = (useCases: UseCases): Page[] => {
  const { services, variables } = useCases;
  const settingsView = async (
    context: PageContext,
    values?: Record<string, string>,
    errors?: FormErrors,
  ): Promise<PageView> => {
    const view = await loadServiceView(useCases, context);
    return {
      title: `Settings of ${view.service.slug}`,
      body: <SettingsPage view={view} values={values ?? settingsValues(view.service)} errors={errors} />,
      status: errors === undefined ? 200 : 422,
    };
  };
  const at = "/projects/:project/:service" as const;
  return [
    {
      path: `${at}/logs`,
      action: "service:read",
      resource: "service",
      render: async (context) => {
        const view = await loadServiceView(useCases, context);
        return { title: `Logs of ${view.service.slug}`, body: <LogsPage view={view} /> };
      },
    },
    {
      path: `${at}/variables`,
      action: "variable:read",
      resource: "service",
      render: (context) => loadVariablesView(useCases, context),
    },
    {
      method: "POST",
      path: `${at}/variables`,
      action: "variable:write",
      resource: "service",
      render: async (context) => {
        const { name = "", value = "" } = await context.form();
        const { projectSlug, slug } = serviceOf(context);
        return withFormErrors<PageView | Response>(
          async () => {
            const variable = parseForm(VariableForm, { name: name.trim(), value });
            await variables.set(serviceOf(context), { [variable.name]: variable.value }, callerOf(context));
            return seeOther(paths.variables(projectSlug, slug));
          },
          (errors) => loadVariablesView(useCases, context, { variable: { values: { name }, errors } }), // the value is not sent back to the page
        );
      },
    },
    {
      method: "POST",
      path: `${at}/variables/unset`,
      action: "variable:write",
      resource: "service",
      render: async (context) => {
        const { name = "" } = await context.form();
        await variables.unset(serviceOf(context), [name], callerOf(context));
        return seeOther(paths.variables(serviceOf(context).projectSlug, serviceOf(context).slug));
      },
    },
    {
      path: `${at}/settings`,
      action: "service:update",
      resource: "service",
      render: (context) => settingsView(context),
    },
    {
      method: "POST",
      path: `${at}/settings`,
      action: "service:update",
      resource: "service",
      render: async (context) => {
        const values = await context.form();
        const service = serviceOf(context);
        return withFormErrors<PageView | Response>(
          async () => {
            const { source, settings } = parseForm(ChangedServiceForm, changedServiceFields(service, values));
            const changed = { source, settings: patchBetween(service.settings, settings) };
            await services.update(memberScope(context), service, changed, callerOf(context));
            return seeOther(paths.settings(service.projectSlug, service.slug));
          },
          (errors) => settingsView(context, values, errors),
          FIELD_OF,
        );
      },
    },
    {
      method: "POST",
      path: `${at}/remove`,
      action: "service:remove",
      resource: "service",
      render: async (context) => {
        const service = serviceOf(context);
        const { confirm } = await context.form();
        if (confirm?.trim() !== service.slug)
          throw new DomainError("invalid", `Type ${service.slug} to remove the service.`);
        await services.remove(service, callerOf(context));
        return seeOther(paths.project(service.projectSlug));
      },
    },
  ];
};
