import { describe, expect, it } from "vitest";
import {
  DockerEnvironment,
  type DockerEnvironmentProps,
} from "../../constructs/container/docker-environment";
import { App, TerraformStack } from "../../constructs/terraform";
import { secret, synth, testStack } from "../template";

type Network = { triggers_replace: string; provisioner: { "local-exec": Record<string, unknown> }[] };

describe("DockerEnvironment", () => {
  it("has a network, known by the environment's label, whose name no shell reads", () => {
    const { stack, privateDirectory } = testStack();
    const network: Network = Object.values(
      JSON.parse(synth(stack).text).resource.terraform_data,
    )[0] as Network;
    expect(network.triggers_replace).toBe("james-oidc-kit.environment=unit");
    const [create, destroy] = network.provisioner.map((one) => one["local-exec"]);
    const DOCKER_CONTEXT = "default";
    expect(create).toMatchObject({
      command: expect.stringMatching(/docker network create/),
      environment: {
        KIT_NETWORK: "unit",
        KIT_LABEL: network.triggers_replace,
        KIT_ORIGIN: `james-oidc-kit.private-directory=${privateDirectory}`,
        DOCKER_CONTEXT,
      },
    });
    expect(destroy).toMatchObject({
      when: "destroy",
      command: expect.stringMatching(/docker network rm/),
      environment: { KIT_LABEL: "${self.triggers_replace}", DOCKER_CONTEXT },
    });
    expect(`${create?.command}${destroy?.command}`).not.toMatch(/unit/);
  });

  it.each<[string, Partial<DockerEnvironmentProps>]>([
    ["name", { name: "X y" }],
    ["bindAddress", { bindAddress: "localhost" }],
    ["startTimeoutSeconds", { startTimeoutSeconds: 0 }],
  ])("refuses a wrong %s", (prop, wrong) => {
    const stack = new TerraformStack(new App(), "test");
    const props = { name: "unit", privateDirectory: "x", fingerprintKey: secret("k"), ...wrong };
    expect(() => new DockerEnvironment(stack, "docker", props)).toThrow(`docker.${prop}`);
  });
});
