import { Avatar } from "./avatar.tsx";

/** Somebody in a list: people share names, so the address is always with it. */
export const PersonCell = ({ id, name, email }: { id: string; name: string; email: string }) => (
  <span className="flex items-center gap-3">
    <Avatar id={id} name={name} />
    <span className="grid min-w-0">
      <span className="wrap-anywhere">{name}</span>
      <span className="text-sm font-normal text-soft wrap-anywhere">{email}</span>
    </span>
  </span>
);
