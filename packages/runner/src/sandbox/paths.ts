/** Where a build finds its things, in every sandbox; /app is also where containers have it. */
export const BUILD_ROOT = "/app";
export const BUILD_HOME = "/home/build";
export const CACHE = "/cache";
