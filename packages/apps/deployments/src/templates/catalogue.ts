import type { TemplateName } from "../template-name.ts";
import { mariadb } from "./mariadb.ts";
import { mongodb } from "./mongodb.ts";
import { mysql } from "./mysql.ts";
import { postgres } from "./postgres.ts";
import type { Template } from "./template.ts";
import { valkey } from "./valkey.ts";

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = { postgres, mysql, mariadb, valkey, mongodb };
