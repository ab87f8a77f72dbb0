import type { ComponentProps, ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { Alert } from "./alert.tsx";
import { fieldId } from "./field.tsx";
import { FormContext } from "./form-context.ts";

/** What was wrong with a form: one sentence for the whole of it, and one per field by the field's name. */
export interface FieldErrors {
  form?: string | undefined;
  fields?: Record<string, string> | undefined;
}

export interface FormProps extends Omit<ComponentProps<"form">, "action" | "method" | "hidden"> {
  action: string;
  method?: "post" | "get" | undefined;
  hidden?: Record<string, string> | undefined;
  /** What the fields show at first, by their names. */
  values?: Record<string, string> | undefined;
  errors?: FieldErrors | undefined;
  /** Ask before leaving the page while something typed here was not sent. */
  guard?: boolean | undefined;
  /** Whether fields that may stay empty say so. Off where most may, as in a search, for which it is the default. */
  marksOptional?: boolean | undefined;
}

/** A plain form: it works without scripts, and the runtime makes sending it soft. */
export function Form({
  action,
  method = "post",
  hidden,
  values = {},
  errors,
  guard,
  role,
  marksOptional = role !== "search",
  className,
  children,
  ...rest
}: FormProps): ReactNode {
  return (
    <form
      {...rest}
      role={role}
      action={action}
      method={method}
      data-hp-guard={guard === true ? "" : undefined}
      className={classNames("grid grid-cols-1 gap-5", className)}
    >
      <ErrorSummary errors={errors} />
      <HiddenValues values={hidden} />
      <FormContext value={{ values, errors: errors?.fields ?? {}, marksOptional }}>{children}</FormContext>
    </form>
  );
}

function ErrorSummary({ errors }: { errors: FieldErrors | undefined }): ReactNode {
  const fields = Object.entries(errors?.fields ?? {});
  if (errors === undefined || (errors.form === undefined && fields.length === 0)) return null;
  return (
    <div data-hp-errors="" tabIndex={-1} className="rounded-md">
      <Alert tone="danger" title={errors.form ?? "Some values need another look."}>
        {fields.length === 0 ? null : (
          <ul className="list-disc ps-5">
            {fields.map(([name, message]) => (
              <li key={name}>
                <a href={`#${fieldId(name)}`} className="underline">
                  {message}
                </a>
              </li>
            ))}
          </ul>
        )}
      </Alert>
    </div>
  );
}

function HiddenValues({ values = {} }: { values: Record<string, string> | undefined }): ReactNode {
  return Object.entries(values).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />);
}

export function FormActions({ children }: { children: ReactNode }): ReactNode {
  return <div className="flex flex-wrap items-center gap-2.5 pt-1">{children}</div>;
}

/** A POST with a single button, such as cancel or restart. */
export function InlineForm(props: {
  action: string;
  hidden?: Record<string, string> | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <form action={props.action} method="post" className="inline-flex">
      <HiddenValues values={props.hidden} />
      {props.children}
    </form>
  );
}
