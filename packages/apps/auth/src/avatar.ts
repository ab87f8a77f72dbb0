/** First letters of the first and the last word: "Ada Lovelace" is AL, "ada" is A. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/u);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("");
};

/** A colour of the wheel in degrees: the same for the same id, whatever its person is called. */
export const hueOf = (id: string): number => Bun.hash.crc32(id) % 360;
