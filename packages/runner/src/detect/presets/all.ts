import type { Preset } from "../preset.ts";
import { bun } from "./bun.ts";
import { deno } from "./deno.ts";
import { dockerfile } from "./dockerfile.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { node } from "./node.ts";
import { php } from "./php.ts";
import { python } from "./python.ts";
import { ruby } from "./ruby.ts";
import { rust } from "./rust.ts";
import { staticSite } from "./static.ts";

/** Every preset: one line for each file of this folder. The order is only that of lists; proofs decide. */
export const PRESETS: readonly Preset[] = [dockerfile, bun, node, deno, python, go, rust, php, ruby, java, staticSite];
