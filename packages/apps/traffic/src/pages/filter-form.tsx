import { Form, SubmitButton } from "@homeport/ui";
import type { ReactNode } from "react";

type FilterFormProps = {
  action: string;
  label: string;
  /** What the address holds besides this form's fields, and keeps. */
  hidden: Record<string, string>;
  values: Record<string, string>;
  /** Two fields. */
  children: ReactNode;
};

/** Narrows a table by what its address says, so that it works without scripts and can be sent on. */
export const FilterForm = ({ action, label, hidden, values, children }: FilterFormProps) => (
  <Form
    method="get"
    action={action}
    role="search"
    aria-label={label}
    hidden={hidden}
    values={values}
    className="sm:grid-cols-[minmax(0,1fr)_14rem_auto] sm:items-end"
  >
    {children}
    <SubmitButton variant="secondary">Apply</SubmitButton>
  </Form>
);
