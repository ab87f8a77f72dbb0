/** One instruction of a Dockerfile: its continued lines joined, its flags apart. */
export type Instruction = {
  /** Where it begins, from 1. */
  line: number;
  /** In capitals. */
  keyword: string;
  /** `--name` and `--name=value`, in order, without the quotes and escapes that builders drop. */
  flags: readonly Flag[];
  /** What follows the flags. */
  rest: string;
  /** Here-documents, without their ends. */
  documents: readonly string[];
};

export type Flag = { name: string; value: string };

export type Dockerfile = {
  /** The frontend that the file wants to be read by; null for the builder's own. */
  syntax: string | null;
  instructions: readonly Instruction[];
};
