import type { ComponentProps, ReactNode } from "react";
import { classNames } from "../class-names.ts";
import { ChevronDown } from "../icons.ts";
import { CONTROL_LOOK, controlProps, Field, type FieldLabels, FieldNotes, fieldId, useFieldState } from "./field.tsx";

type Native<Tag extends "input" | "textarea" | "select"> = Omit<
  ComponentProps<Tag>,
  "name" | "id" | "required" | "prefix"
>;

export interface TextFieldProps extends FieldLabels, Native<"input"> {
  mono?: boolean | undefined;
  /** Fixed text before or after the value, such as `https://` or `MiB`. */
  prefix?: string | undefined;
  suffix?: string | undefined;
}

/** Shows what its form has for it; a password is never sent back to the page. */
export function TextField(props: TextFieldProps): ReactNode {
  const { labels, rest } = splitLabels(props);
  const { mono = false, prefix, suffix, className, ...native } = rest;
  return (
    <Field {...labels}>
      {(control, value) => {
        const look = classNames(CONTROL_LOOK, "h-9 pointer-coarse:h-11", mono && "font-mono", className);
        const input = native.type === "password" ? native : { defaultValue: value, ...native };
        if (prefix === undefined && suffix === undefined) return <input {...input} {...control} className={look} />;
        return (
          <div className="flex items-stretch">
            <Affix text={prefix} side="rounded-s-md border-e-0" />
            <input
              {...input}
              {...control}
              className={classNames(
                look,
                prefix !== undefined && "rounded-s-none",
                suffix !== undefined && "rounded-e-none",
              )}
            />
            <Affix text={suffix} side="rounded-e-md border-s-0" />
          </div>
        );
      }}
    </Field>
  );
}

function Affix({ text, side }: { text: string | undefined; side: string }): ReactNode {
  if (text === undefined) return null;
  return (
    <span className={classNames("flex items-center border border-edge bg-sunken px-2.5 text-sm text-soft", side)}>
      {text}
    </span>
  );
}

export interface TextAreaFieldProps extends FieldLabels, Native<"textarea"> {
  mono?: boolean | undefined;
}

export function TextAreaField(props: TextAreaFieldProps): ReactNode {
  const { labels, rest } = splitLabels(props);
  const { mono = false, className, rows = 4, ...area } = rest;
  return (
    <Field {...labels}>
      {(control, value) => (
        <textarea
          defaultValue={value}
          {...area}
          {...control}
          rows={rows}
          className={classNames(CONTROL_LOOK, "block py-2", mono && "font-mono text-sm", className)}
        />
      )}
    </Field>
  );
}

export interface SelectOption {
  value: string;
  label: string;
  disabled?: boolean | undefined;
}

export interface SelectFieldProps extends FieldLabels, Omit<Native<"select">, "children"> {
  options: readonly SelectOption[];
}

export function SelectField(props: SelectFieldProps): ReactNode {
  const { labels, rest } = splitLabels(props);
  const { options, className, ...select } = rest;
  // An empty value that can be chosen is a choice; `required` would make browsers refuse it.
  const hasEmpty = options.some((option) => option.value === "");
  return (
    <Field {...labels}>
      {(control, value) => (
        <div className="relative">
          <select
            defaultValue={value}
            {...select}
            {...control}
            required={control.required && !hasEmpty}
            className={classNames(CONTROL_LOOK, "h-9 appearance-none pe-9 pointer-coarse:h-11", className)}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value} disabled={option.disabled}>
                {option.label}
              </option>
            ))}
          </select>
          <ChevronDown
            aria-hidden
            className="pointer-events-none absolute end-3 top-1/2 size-4 -translate-y-1/2 text-soft"
          />
        </div>
      )}
    </Field>
  );
}

export interface CheckboxFieldProps extends Omit<FieldLabels, "optional">, Native<"input"> {
  /** A checkbox that must be ticked, such as consent. Default false. */
  required?: boolean | undefined;
}

export function CheckboxField(props: CheckboxFieldProps): ReactNode {
  const { labels, rest } = splitLabels(props);
  const { required = false, className, ...input } = rest as Omit<CheckboxFieldProps, keyof FieldLabels>;
  const id = labels.id ?? fieldId(labels.name);
  const { error } = useFieldState(labels.name);
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="flex items-start gap-2.5 pointer-coarse:min-h-8">
        <input
          {...input}
          {...controlProps({ ...labels, optional: !required }, error)}
          type="checkbox"
          className={classNames("mt-0.5 size-4.5 shrink-0 accent-accent", className)}
        />
        <span className="font-medium">{labels.label}</span>
      </label>
      <div className="ms-7 grid gap-1.5 empty:hidden">
        <FieldNotes id={id} hint={labels.hint} error={error} />
      </div>
    </div>
  );
}

function splitLabels<P extends FieldLabels>(props: P): { labels: FieldLabels; rest: Omit<P, keyof FieldLabels> } {
  const { name, label, hint, optional, id, ...rest } = props;
  return { labels: { name, label, hint, optional, id }, rest };
}
