/** Where a preset's Dockerfile is while it is built. */
export const GENERATED = ".homeport.Dockerfile";

/**
 * What stays out of an image when the project has no .dockerignore of its own: what git and package managers keep, and
 * the files that say how the image is made, under every name that they may have.
 */
export const DEFAULT_IGNORE = `${[".git", "node_modules", ".venv", "Dockerfile", GENERATED, ".dockerignore"].join("\n")}\n`;
