import type { GatewayUnderTest } from "./behaviour";
import type { Seen } from "./echo-upstream";
import { type Answer, ask, type Question } from "./http";

/** Asks a gateway, and looks at what reaches its upstream. */
export function observer(gateway: () => Pick<GatewayUnderTest, "baseUrl" | "ca" | "upstream">) {
  const to = (path: string, question?: Question) => ask(gateway().baseUrl, path, question, gateway().ca);
  return {
    to,
    /** The answer, and what the upstream saw meanwhile. */
    async observe(path: string, question?: Question): Promise<{ answer: Answer; seen: Seen[] }> {
      const { upstream } = gateway();
      const before = upstream.seen.length;
      const answer = await to(path, question);
      return { answer, seen: upstream.seen.slice(before) };
    },
  };
}

export function values(seen: Seen | undefined, name: string): string[] {
  if (!seen) throw new Error("nothing reached the upstream");
  return seen.headers.flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() ? [value] : []));
}
