/**
 * Logs an error of the supervisor. It loads the logger with the first: a platform whose parts live writes none here, and
 * the logger is as large as the rest of the supervisor. Never rejects: what failed is started again, logged or not.
 */
export const reportError = async (fields: Record<string, unknown>, message: string): Promise<void> => {
  try {
    const { createLogger } = await import("@homeport/kit/log.ts");
    createLogger("standalone").error(fields, message);
  } catch {
    process.stderr.write(`${message}: ${fields.part}\n`); // its files are being replaced
  }
};
