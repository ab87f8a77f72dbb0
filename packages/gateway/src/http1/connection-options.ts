import { ascii, COMMA, equalsFolded, isBlank } from "./bytes.ts";
import type { FieldList } from "./field-list.ts";
import { CONNECTION } from "./fields.ts";

export const CLOSE = 1;
export const KEEP_ALIVE = 2;
export const UPGRADE_OPTION = 4;

const CLOSE_TOKEN = ascii("close");
const KEEP_ALIVE_TOKEN = ascii("keep-alive");
const UPGRADE_TOKEN = ascii("upgrade");

/** Each option is looked for among all fields; a head full of options would take milliseconds. */
const MAX_OPTIONS = 32;
export const TOO_MANY_OPTIONS = -1;

/**
 * The options of all Connection fields as flags. Every other member is the name of a field that ends here, and is marked so
 * in `fields` (RFC 9110 section 7.6.1). TOO_MANY_OPTIONS when there are more than anybody means.
 */
export function readConnectionOptions(bytes: Uint8Array, fields: FieldList): number {
  let options = 0;
  let count = 0;
  for (let index = 0; index < fields.count; index++) {
    if (fields.kind(index) !== CONNECTION) continue;
    const end = fields.valueEnd(index);
    for (let from = fields.value(index); from < end; ) {
      let to = from;
      while (to < end && bytes[to] !== COMMA) to++;
      if (++count > MAX_OPTIONS) return TOO_MANY_OPTIONS;
      options |= readOption(bytes, fields, from, to);
      from = to + 1;
    }
  }
  return options;
}

function readOption(bytes: Uint8Array, fields: FieldList, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  if (equalsFolded(bytes, start, end, CLOSE_TOKEN)) return CLOSE;
  if (equalsFolded(bytes, start, end, KEEP_ALIVE_TOKEN)) return KEEP_ALIVE;
  if (equalsFolded(bytes, start, end, UPGRADE_TOKEN)) return UPGRADE_OPTION;
  if (end > start) fields.dropNamed(bytes, start, end);
  return 0;
}
