import type { Page } from "@homeport/kit/page.ts";
import type { UseCases } from "../service/use-cases.ts";
import { accountPages } from "./account-pages.tsx";
import { gatePages } from "./gate-pages.tsx";
import { setupPages } from "./setup-pages.tsx";
import { signInPages } from "./sign-in-pages.tsx";

/** Every page of the app with its forms: they work without scripts. */
export const pages = (useCases: UseCases): Page[] => [
  ...setupPages(useCases),
  ...signInPages(useCases),
  ...gatePages(useCases),
  ...accountPages(useCases),
];
