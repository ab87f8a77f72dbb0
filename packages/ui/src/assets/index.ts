/** Server only, and light: none of this loads a build tool. */
export { assetResponse } from "./asset-response.ts";
export { type AppAssets, type BuildOptions, buildAssets, loadAssets } from "./build-assets.ts";
export { type AssetFile, type AssetManifest, PUBLIC_PREFIX } from "./manifest.ts";
