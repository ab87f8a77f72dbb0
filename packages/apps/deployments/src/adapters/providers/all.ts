import type { HookProvider } from "../../hook.ts";
import type { SourceProvider } from "../../source-provider.ts";
import { generic } from "./generic.ts";
import { forgejo, gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";

/** Every kind of server that pushes are taken from. */
export const PROVIDERS: Readonly<Record<HookProvider, SourceProvider>> = { github, gitlab, gitea, forgejo, generic };
