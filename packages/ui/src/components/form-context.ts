import { createContext } from "react";

/** What the fields of a form show, by their names: what was typed before, and what was wrong with it. */
export interface FormState {
  values: Record<string, string>;
  errors: Record<string, string>;
  /** Whether fields that may stay empty say so. */
  marksOptional: boolean;
}

export const FormContext = createContext<FormState>({ values: {}, errors: {}, marksOptional: true });
