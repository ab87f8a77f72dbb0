import { CommandLine } from "@homeport/ui";

/** The commands of a push, to the address that the person uses right now. */
export function PushInstructions({ host, organisation }: { host: string; organisation: string }) {
  const image = `${host}/${organisation}/hello:latest`;
  return (
    <div className="grid gap-3 text-left">
      <p>Log in with any user name and an API token as the password, then push. The first push makes the repository.</p>
      <CommandLine command={`docker login ${host}`} label="Log in" />
      <CommandLine command={`docker tag hello ${image}`} label="Tag an image" />
      <CommandLine command={`docker push ${image}`} label="Push it" />
    </div>
  );
}
