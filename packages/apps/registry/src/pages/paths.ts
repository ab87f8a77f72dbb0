export const REGISTRY_PATH = "/registry";

/** Names are made of characters that a path may have. */
export const repositoryPath = (name: string): string => `${REGISTRY_PATH}/${name}`;

/** The same page from behind `cursor`. */
export const nextPath = (path: string, cursor: string | null): string | undefined =>
  cursor === null ? undefined : `${path}?cursor=${encodeURIComponent(cursor)}`;
