import { ErrorState } from "@homeport/ui";
import type { ReactNode } from "react";
import type { DomainError } from "./errors.ts";
import { titleOf } from "./http/problem.ts";

/** What a signed-in person sees in place of a page that failed. */
export const errorBody = (error: DomainError, requestId: string): ReactNode => (
  <ErrorState title={titleOf(error.code)} detail={error.message} requestId={requestId} code={error.code} />
);
