/** What is wrong with a private key, in words that follow "The deploy key"; null when nothing is seen. */
export const keyProblem = (text: string): string | null => {
  const found = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(text);
  if (found === null) {
    return /^(ssh|ecdsa|sk)-\S+ AAAA/.test(text.trim())
      ? "is a public key. The server has that one; here its private half is needed."
      : "is not a private key: it does not start with -----BEGIN … PRIVATE KEY-----.";
  }
  const [, label = "", body = ""] = found;
  const isEncrypted = label.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(body) || hasCipher(label, body);
  return isEncrypted ? "has a passphrase, which nobody is there to type. Make one without." : null;
};

const MAGIC = "openssh-key-v1\0";

/** OpenSSH's own format names its cipher first (PROTOCOL.key): a length, then "none" or what it is encrypted with. */
const hasCipher = (label: string, body: string): boolean => {
  if (label !== "OPENSSH PRIVATE KEY") return false;
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC || bytes.length < MAGIC.length + 4) return false;
  const start = MAGIC.length + 4;
  return bytes.toString("latin1", start, start + bytes.readUInt32BE(MAGIC.length)) !== "none";
};

/** As ssh wants it, however it was pasted: lines end with a newline, the last one too. */
export const keyFileOf = (text: string): string => `${text.trim().replaceAll("\r\n", "\n")}\n`;
