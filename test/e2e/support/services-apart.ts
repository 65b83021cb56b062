import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { docker } from "../../engine";

/** Tests of a platform that is up, whatever engine runs it: who may reach what, and how much of the machine. */
export function itKeepsServicesApart(
  environment: string,
  ports: { readonly gateway: number; readonly keycloak: number },
): void {
  /** Whether a container can connect to a port: by a name, or by any address of another container. */
  function connects(from: string, host: string, port: number): boolean {
    const { status } = spawnSync("docker", [
      ...["exec", `${environment}-${from}`, "timeout", "2", "bash", "-c", `: </dev/tcp/${host}/${port}`],
    ]);
    return status === 0;
  }
  const addresses = (service: string) =>
    docker(
      ...["inspect", "--format", "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}"],
      `${environment}-${service}`,
    );
  const listening = { gateway: ports.gateway, james: 80, keycloak: ports.keycloak, ldap: 389, redis: 6379 };
  it.each([
    ["redis.example.com", 6379, ["gateway"]],
    ["ldap.example.com", 389, ["james", "keycloak"]],
    ["sso.example.com", ports.keycloak, ["gateway", "james"]],
  ])("%s:%i is known to those that need it, and to nobody else", (host, port, wanted) => {
    const own = host.replace("sso", "keycloak").split(".")[0];
    const others = Object.keys(listening).filter((service) => service !== own);
    expect(others.filter((from) => connects(from, host, port))).toEqual(wanted);
  });

  // A network has no direction: who is connected to could connect.
  it("of two services of which neither needs the other none has a way to the other, by any address", () => {
    const needed = ["gateway james", "gateway keycloak", "gateway redis"];
    needed.push("james keycloak", "james ldap", "keycloak ldap");
    const pairs = Object.keys(listening).flatMap((from) =>
      Object.entries(listening).flatMap(([to, port]) => {
        const open = from !== to && addresses(to).some((address) => connects(from, address, port));
        return open ? [[from, to].sort().join(" ")] : [];
      }),
    );
    expect([...new Set(pairs)].sort()).toEqual(needed);
    expect(connects("redis", "james.example.com", 80)).toBe(false);
  });

  it("what needs nothing outside of the engine is on networks only that lead nowhere else", () => {
    const networks = (service: string) =>
      docker(
        ...[
          "inspect",
          "--format",
          "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}",
        ],
        `${environment}-${service}`,
      );
    const isClosed = (service: string) =>
      docker("network", "inspect", "--format", "{{.Internal}}", ...networks(service)).every(
        (internal) => internal === "true",
      );
    expect(Object.keys(listening).filter(isClosed)).toEqual(["ldap", "redis"]);
  });

  it("each may have so many processes and no more", () => {
    for (const service of Object.keys(listening)) {
      const inspect = ["inspect", "--format", "{{.HostConfig.PidsLimit}}", `${environment}-${service}`];
      expect(docker(...inspect), service).toEqual(["1024"]);
    }
  });
}
