import { type ReactNode, useContext } from "react";
import { classNames } from "../class-names.ts";
import { CircleAlert } from "../icons.ts";
import { FormContext } from "./form-context.ts";

export interface FieldLabels {
  name: string;
  label: ReactNode;
  hint?: ReactNode;
  /** Fields are required unless they say otherwise. */
  optional?: boolean | undefined;
  /** Default `field-<name>`; give one when two forms on a page share a name. */
  id?: string | undefined;
}

/** What a control inside a `Field` must carry, so that label, hint and error are tied to it. */
export interface ControlProps {
  id: string;
  name: string;
  required: boolean;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

/** What the form around a field says of it. */
export interface FieldState {
  value: string | undefined;
  error: string | undefined;
  marksOptional: boolean;
}

export const useFieldState = (name: string): FieldState => {
  const { values, errors, marksOptional } = useContext(FormContext);
  return { value: values[name], error: errors[name], marksOptional };
};

export const fieldId = (name: string): string => `field-${name}`;

export const CONTROL_LOOK =
  "w-full min-w-0 rounded-md border border-edge bg-surface text-ink placeholder:text-faint px-3 text-base pointer-coarse:text-lg aria-invalid:border-danger-solid disabled:bg-sunken disabled:text-faint";

/** Label, control, hint and error of one value. The control is given by the caller and takes the props it is handed. */
export function Field({
  children,
  ...labels
}: FieldLabels & { children: (control: ControlProps, value: string | undefined) => ReactNode }): ReactNode {
  const { name, label, hint, optional = false } = labels;
  const id = labels.id ?? fieldId(name);
  const { value, error, marksOptional } = useFieldState(name);
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <label htmlFor={id} className="flex items-baseline justify-between gap-3 font-medium">
        <span>{label}</span>
        {optional && marksOptional ? <span className="text-sm font-normal text-faint">optional</span> : null}
      </label>
      {children(controlProps(labels, error), value)}
      <FieldNotes id={id} hint={hint} error={error} />
    </div>
  );
}

/** The props of the control that these labels belong to. */
export function controlProps(
  { name, hint, optional = false, id = fieldId(name) }: FieldLabels,
  error: string | undefined,
): ControlProps {
  const described = classNames(error !== undefined && `${id}-error`, hasContent(hint) && `${id}-hint`);
  return {
    id,
    name,
    required: !optional,
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": described === "" ? undefined : described,
  };
}

export function FieldNotes({ id, hint, error }: { id: string; hint: ReactNode; error: string | undefined }): ReactNode {
  return (
    <>
      {error === undefined ? null : (
        <p id={`${id}-error`} className="flex items-start gap-1.5 text-sm text-danger">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>{error}</span>
        </p>
      )}
      {hasContent(hint) ? (
        <p id={`${id}-hint`} className="text-sm text-faint">
          {hint}
        </p>
      ) : null}
    </>
  );
}

const hasContent = (node: ReactNode): boolean => node !== undefined && node !== null && node !== false && node !== "";
