import type { Page } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentPages } from "./deployment-pages.tsx";
import { projectPages } from "./project-pages.tsx";
import { servicePages } from "./service-pages.tsx";

/** Every page of the app with its forms; all of them work without scripts. */
export const pages = (useCases: UseCases): Page[] => [
  ...projectPages(useCases),
  ...servicePages(useCases),
  ...deploymentPages(useCases),
];
