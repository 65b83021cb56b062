import { Construct } from "constructs";

/** Every construct below one, outer ones first, except what is of another owner. */
export function constructsBelow(owner: Construct, isOwner: (construct: object) => boolean): Construct[] {
  return owner.node.children
    .filter((child) => !isOwner(child))
    .flatMap((child) => (child instanceof Construct ? [child, ...constructsBelow(child, isOwner)] : []));
}
