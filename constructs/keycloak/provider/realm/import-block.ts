import { KitError } from "../../../../kit/errors";

/** https://developer.hashicorp.com/terraform/language/import */
export interface ImportBlock {
  /** Address of the resource. */
  readonly to: string;
  readonly id: string;
}

/** @throws KitError for two blocks of one address, or of one type and id: Terraform would take one object for two */
export function refuseShared(blocks: readonly ImportBlock[]): void {
  const typeOf = ({ to }: ImportBlock) => to.slice(0, to.indexOf("."));
  const problems = [
    ...repeatedKeys(blocks, ({ to }) => to).map((to) => ({
      where: to,
      what: "two objects of the realm have this address",
      fix: "Rename one of them",
    })),
    ...repeatedKeys(blocks, (block) => `${typeOf(block)} ${block.id}`).map((both) => ({
      where: blocks
        .filter((block) => `${typeOf(block)} ${block.id}` === both)
        .map(({ to }) => to)
        .join(", "),
      what: "they are one object of the realm",
      got: both,
      fix: "Give each an id of its own, or none",
    })),
  ];
  if (problems.length > 0) throw new KitError("the realm cannot be imported object by object", problems);
}

function repeatedKeys(blocks: readonly ImportBlock[], keyOf: (block: ImportBlock) => string): string[] {
  const seen = new Set<string>();
  const twice = blocks.map(keyOf).filter((key) => seen.size === seen.add(key).size);
  return [...new Set(twice)];
}
