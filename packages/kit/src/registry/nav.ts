import type { Redis } from "ioredis";
import type { MemberPrincipal } from "../principal.ts";
import { APP_KEYS } from "./keys.ts";
import { AppRecord, type NavItem } from "./record.ts";

const FRESH_MS = 5_000;
const SCAN_COUNT = 200;

/** Reads the records of every app instance, skipping those that do not parse. */
export const listAppRecords = async (valkey: Redis): Promise<AppRecord[]> => {
  const keys: string[] = [];
  let cursor = "0";
  do {
    const [next, found] = await valkey.scan(cursor, "MATCH", APP_KEYS, "COUNT", SCAN_COUNT);
    cursor = next;
    keys.push(...found);
  } while (cursor !== "0");
  if (keys.length === 0) return [];
  const values = await valkey.mget(keys);
  return values.flatMap((value) => {
    if (value === null) return [];
    const record = AppRecord.safeParse(parseJson(value));
    return record.success ? [record.data] : [];
  });
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

export type Navigation = { itemsFor(member: MemberPrincipal): Promise<NavItem[]> };

/** The navigation of all apps that are up. Read at most every 5 s; when Valkey is away the last one stays. */
export const createNavigation = (valkey: Redis): Navigation => {
  let items: NavItem[] = [];
  let readAt = 0;
  const refresh = async (): Promise<void> => {
    try {
      const records = await listAppRecords(valkey);
      const byId = new Map(records.flatMap((record) => record.nav).map((item) => [item.id, item]));
      if (byId.size > 0) items = [...byId.values()].sort((a, b) => a.order - b.order || a.id.localeCompare(b.id));
      readAt = Date.now();
    } catch {
      readAt = Date.now(); // a page without fresh navigation is better than no page
    }
  };
  return {
    async itemsFor(member) {
      if (Date.now() - readAt > FRESH_MS) await refresh();
      return items.filter((item) => isFor(item, member));
    },
  };
};

const isFor = ({ roles, instance }: NavItem, member: MemberPrincipal): boolean => {
  const instanceRole = member.kind === "service" ? null : member.instanceRole;
  const mayAdminister = instance === undefined || (instanceRole !== null && instance.includes(instanceRole));
  return mayAdminister && (roles === undefined || roles.includes(member.role));
};
