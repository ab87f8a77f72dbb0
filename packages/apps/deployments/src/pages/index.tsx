import type { Page } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentPages } from "./deployment-pages.tsx";
import { projectPages } from "./project-pages.tsx";
import { secretAttachmentPages } from "./secret-attachment-pages.tsx";
import { secretPages } from "./secret-pages.tsx";
import { servicePages } from "./service-pages.tsx";

/** Every page of the app with its forms; all of them work without scripts. */
export const pages = (useCases: UseCases): Page[] => [
  ...projectPages(useCases),
  ...secretPages(useCases), // before those of services: "secrets" is no service's name
  ...secretAttachmentPages(useCases),
  ...servicePages(useCases),
  ...deploymentPages(useCases),
];
