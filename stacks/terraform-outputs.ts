import { type Outputs, outputVariables } from "../config/outputs";
import { TerraformOutput, type TerraformStack } from "../constructs/terraform";
import { literal } from "../constructs/terraform/terraform-literal";

/**
 * Has `terraform output` of a stack tell where a platform is found, by the names of command `outputs`; no secret, also where
 * `outputs` has some.
 */
export function addOutputs(stack: TerraformStack, { secrets: _, ...outputs }: Outputs): void {
  for (const [name, value] of outputVariables(outputs)) {
    new TerraformOutput(stack, name, { value: literal(value), staticId: true });
  }
}
