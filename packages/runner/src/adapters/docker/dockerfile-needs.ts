/**
 * What only BuildKit understands (docs.docker.com/reference/dockerfile): mounts, network and security of RUN, new flags
 * of COPY and ADD, here-documents, a frontend of the Dockerfile's own, the platform's arguments.
 */
const ONLY_BUILDKIT = [
  /^#\s*syntax\s*=/im,
  /^\s*RUN\s+--(mount|network|security)\b/im,
  /^\s*(COPY|ADD)\s+(--\S+\s+)*--(link|chmod|parents|exclude|checksum|keep-git-dir)\b/im,
  /^\s*(RUN|COPY|ADD)\b.*<<-?["']?[A-Za-z_]/im,
  /\$\{?(BUILD|TARGET)(PLATFORM|OS|ARCH|VARIANT)\b/,
];

/** Whether a Dockerfile needs BuildKit. Continued lines are read as one. */
export const needsBuildKit = (dockerfile: string): boolean => {
  const joined = dockerfile.replace(/\\[ \t]*\r?\n/g, " ");
  return ONLY_BUILDKIT.some((pattern) => pattern.test(joined));
};
