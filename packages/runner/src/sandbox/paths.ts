/** Where a build finds its things, in every sandbox; /app is also where containers have it. */
export const BUILD_ROOT = "/app";
export const BUILD_HOME = "/home/build";
export const CACHE = "/cache";
/** A folder that some commands are given besides, such as what git needs to be let in. */
export const SHOWN = "/shown";
