import { describe, expect, it } from "vitest";
import { ComposeEngine, type ComposeEngineProps } from "../../../constructs/engine/compose/compose-engine";
import { renderDotenv } from "../../../constructs/engine/compose/dotenv";
import { App, TerraformStack, TerraformVariable } from "../../../constructs/terraform";
import { HealthCheck } from "../../../constructs/workload/health-check";
import { Workload, type WorkloadProps } from "../../../constructs/workload/workload";
import type { KitError } from "../../../kit/errors";
import { image, secret } from "../../template";

function problems(props: (token: string) => Partial<WorkloadProps>) {
  const stack = new TerraformStack(new App(), "test");
  const engine = new ComposeEngine(stack, "compose", { name: "unit", fingerprintKey: secret("k") });
  const { stringValue: token } = new TerraformVariable(stack, "host", { type: "string" });
  const healthCheck = HealthCheck.script("true");
  new Workload(stack, "thing", { engine, name: "thing", image, healthCheck, ...props(token) });
  try {
    engine.projectFiles();
  } catch (error) {
    return (error as KitError).problems;
  }
  return [];
}

describe("ComposeEngine", () => {
  it("refuses by its name what only Terraform will know, wherever it stands, all at once", () => {
    expect(
      problems((token) => ({
        env: { HOST: `ldap://${token}` },
        command: ["run", token],
        labels: { late: () => token },
      })),
    ).toMatchObject([
      { where: "test/thing.env.HOST", got: "ldap://${var.host}" },
      { where: "test/thing.command[1]", got: "${var.host}" },
      { where: "test/thing.labels.late", got: "${var.host}" },
    ]);
  });

  it("refuses an empty file, which Compose leaves out without a word", () => {
    expect(problems(() => ({ files: [{ path: "/etc/empty", content: "" }] }))).toMatchObject([
      { where: "test/thing.files", got: "/etc/empty" },
    ]);
  });

  it("quotes what YAML 1.1 or 1.2 takes for a number, a date or a truth: Compose wants texts", () => {
    const stack = new TerraformStack(new App(), "test");
    const engine = new ComposeEngine(stack, "compose", { name: "unit", fingerprintKey: secret("k") });
    const command = ["1_000", "0b11", "0o17", "017", "12:30:45", "2001-01-01", "on", "y", "=", "+.5", "null"];
    const healthCheck = HealthCheck.script("true");
    new Workload(stack, "thing", { engine, name: "thing", image, healthCheck, command });
    const [file] = engine.projectFiles();
    const lines = file?.content.split("\n").map((line) => line.trim());
    expect(lines).toEqual(expect.arrayContaining(command.map((text) => `- "${text}"`)));
  });

  it("writes variables so that nothing in them is an escape, a variable or the end", () => {
    expect(renderDotenv([{ variable: "A", content: 'a\\n "b" $c\r\n' }])).toBe(
      'A="a\\\\n \\"b\\" \\$c\\r\n"\n',
    );
  });

  it.each<[string, Partial<ComposeEngineProps>]>([
    ["name", { name: "X y" }],
    ["bindAddress", { bindAddress: "localhost" }],
  ])("refuses a wrong %s", (prop, wrong) => {
    const stack = new TerraformStack(new App(), "test");
    const props = { name: "unit", fingerprintKey: secret("k"), ...wrong };
    expect(() => new ComposeEngine(stack, "compose", props)).toThrow(`compose.${prop}`);
  });
});
