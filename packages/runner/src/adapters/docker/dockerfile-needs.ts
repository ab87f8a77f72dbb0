import type { Dockerfile, Instruction } from "../../dockerfile/instruction.ts";
import { readDockerfile } from "../../dockerfile/read-dockerfile.ts";

/** Flags that only BuildKit understands (docs.docker.com/reference/dockerfile). */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  RUN: ["mount", "network", "security"],
  COPY: ["link", "chmod", "parents", "exclude"],
  ADD: ["link", "chmod", "checksum", "keep-git-dir", "exclude", "unpack"],
};
/** Arguments that only BuildKit sets. */
const PLATFORM = /\$\{?(BUILD|TARGET)(PLATFORM|OS|ARCH|VARIANT)\b/;

/** Whether a Dockerfile needs BuildKit: a frontend of its own, mounts, here-documents, the platform's arguments. @throws {BuildFailure} dockerfile_invalid */
export const needsBuildKit = (text: string): boolean => needs(readDockerfile(text));

const needs = ({ syntax, instructions }: Dockerfile): boolean => syntax !== null || instructions.some(isNew);

const isNew = ({ keyword, flags, rest, documents }: Instruction): boolean =>
  documents.length > 0 ||
  flags.some(({ name }) => FLAGS[keyword]?.includes(name) === true) ||
  PLATFORM.test([...flags.map(({ value }) => value), rest].join(" "));
