import type { Secret } from "@homeport/kit/secret.ts";
import type { Change } from "../change.ts";
import type { ProjectState } from "./project-state.ts";

/** A change as it is kept: without the value of a variable, which is sealed elsewhere. */
export type StoredChange = Change extends infer C ? (C extends { value: unknown } ? Omit<C, "value"> : C) : never;
export type StoredOp<K extends StoredChange["op"]> = Extract<StoredChange, { op: K }>;

/** A state that changes are being made to, one after the other. */
export type Applying = {
  state: ProjectState;
  /** Ids of what earlier changes made, by their temporary ids. */
  temps: Map<string, string>;
  /** An id for something new. While changes are only looked at it is the temporary one. */
  makeId: (tempId: string | null) => string;
};

/** What a temporary id stands for by now; any other name as it is. */
export const meant = ({ temps }: Applying, reference: string): string => temps.get(reference) ?? reference;

export const isTemporary = (id: string): boolean => id.startsWith("tmp_");

/** The value that goes with a change of a variable. */
export type Value = Secret | null;
