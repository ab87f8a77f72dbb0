/** The dashboard's HTTP surface is pages, files and streams; it has no contract routes of its own yet. */
export const contract = {};
