import { type Contract, type ContractRow, contractRows } from "../contract.ts";

/** What a contract has at an address: the row for the method, or only rows for other methods. */
export type RoutesAt = { row: ContractRow | null; allowed: string[] };

/** Looks addresses up in a contract; HEAD stands for GET everywhere (RFC 9110 section 9.3.2). */
export const routeTable = (contract: Contract, prefix: string) => {
  const rows = contractRows(contract).map((row) => ({ row, pattern: toPattern(prefix + row.path) }));
  return (method: string, pathname: string): RoutesAt => {
    const here = rows.filter(({ pattern }) => pattern.test(pathname)).map(({ row }) => row);
    const methods = new Set(here.flatMap((row) => (row.method === "GET" ? ["GET", "HEAD"] : [row.method])));
    return { row: here.find((row) => row.method === toContractMethod(method)) ?? null, allowed: [...methods].sort() };
  };
};

/** The method under which a contract knows a request. */
export const toContractMethod = (method: string): string => (method === "HEAD" ? "GET" : method);

const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.+*?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}/?$`);
