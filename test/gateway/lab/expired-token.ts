import { beforeAll } from "vitest";
import type { GatewayLab } from "./gateway-lab";

/** A token that has expired by the time it is asked for; it is taken before the tests, as long as there is a Keycloak. */
export function expiredToken(lab: () => GatewayLab): () => Promise<string> {
  let expired: Promise<string>;
  beforeAll(() => {
    expired = lab()
      .client.login("short")
      .then(async ({ access }) => {
        await new Promise((resolve) => setTimeout(resolve, 3200));
        return access;
      });
  });
  return () => expired;
}
