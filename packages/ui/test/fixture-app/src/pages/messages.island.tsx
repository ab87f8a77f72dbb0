import { Button } from "@homeport/ui";
import { island } from "@homeport/ui/island";
import { mutated, refresh, visit } from "@homeport/ui/navigate";
import { toast } from "@homeport/ui/toast";
import type { ReactNode } from "react";

function Messages(): ReactNode {
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        onClick={() =>
          toast({
            title: "Deployment started.",
            detail: "Release 15 of api is being built.",
            tone: "success",
            action: { label: "Watch it", href: "/logs" },
          })
        }
      >
        Show a message
      </Button>
      <Button onClick={() => toast({ title: "The node does not answer.", tone: "danger" })}>Show a failure</Button>
      <Button onClick={() => visit("/forms")}>Visit the forms</Button>
      <Button
        onClick={() => {
          mutated();
          refresh();
        }}
      >
        Fetch this page again
      </Button>
    </div>
  );
}

export default island("messages", Messages);
